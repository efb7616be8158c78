import { useEffect, useRef, useState } from 'preact/hooks';
import { Refusal } from '../state/api.ts';

export interface Attempt {
  readonly isBusy: boolean;
  readonly refusal: Refusal | undefined;
  /** Resolves with false when it was refused; then `refusal` says why. */
  readonly run: (act: () => Promise<unknown>) => Promise<boolean>;
}

/** Something that a person asked for: one at a time, and its refusal stays until the next try. */
export function useAttempt(): Attempt {
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal>();
  const run = async (act: () => Promise<unknown>) => {
    setBusy(true);
    setRefusal(undefined);
    try {
      await act();
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      setRefusal(error);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, refusal, run };
}

/** What is read once, and again when `key` changes or `again` is called. */
export function useRead<T>(read: (signal: AbortSignal) => Promise<T>, key: string) {
  const [value, setValue] = useState<T>();
  const [turn, setTurn] = useState(0);
  const attempt = useAttempt();
  const { run } = attempt;
  const latest = useRef(read);
  latest.current = read;
  useEffect(() => {
    const ended = new AbortController();
    const act = async () => {
      const got = await latest.current(ended.signal).catch((error: unknown) => {
        if (!ended.signal.aborted) throw error;
      });
      if (!ended.signal.aborted) setValue(got ?? undefined);
    };
    void run(act);
    return () => ended.abort();
  }, [key, turn]);
  return { value, refusal: attempt.refusal, again: () => setTurn(turn + 1) };
}
