import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { words } from '../text/language.ts';

/** A modal dialog, there as long as it is drawn: the browser keeps the focus in it and gives it back. */
export function Dialog(props: { title: string; id: string; onClose: () => void; children: ComponentChildren }) {
  const { title, id, onClose, children } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const opener = useRef(document.activeElement);
  useEffect(() => {
    dialog.current?.showModal();
    return () => {
      if (opener.current instanceof HTMLElement) opener.current.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby={`${id}-title`} onClose={onClose} lang={words.value.locale}>
      <h2 id={`${id}-title`}>{title}</h2>
      {children}
    </dialog>
  );
}
