import { asBftError, type BftError } from '../../core/errors.ts';
import type { Ticks } from '../../core/ticks.ts';
import { unlessAborted } from '../../core/unless-aborted.ts';
import { type EventStream, eventText } from './event-stream.ts';
import { refusalPage } from './refusal.ts';

export interface FeedEvent {
  readonly name: string;
  readonly data: object;
}

/** What a feed tells. */
export interface FeedSource<T> {
  read(): Promise<T>;
  /** What a listener begins with. */
  first(value: T): FeedEvent;
  /** What has changed; undefined: nothing. */
  next(before: T, after: T): FeedEvent | undefined;
}

export interface FeedComponents {
  readonly ticks: Ticks;
  readonly onDefect: (error: BftError) => void;
}

/** One look a second for all who listen to the same, and none while nobody does. When a look fails the listeners are told why, and cut off. */
export class Feed<T> {
  readonly #c: FeedComponents;
  readonly #source: FeedSource<T>;
  readonly #signal: AbortSignal;
  readonly #listeners = new Set<EventStream>();
  /** Those too that wait for the first look. */
  #wanted = 0;
  #begun: Promise<void> | undefined;
  #value: T | undefined;
  /** What one who comes now begins with. */
  #first: string | undefined;
  #number = 0;

  constructor(components: FeedComponents, source: FeedSource<T>, signal: AbortSignal) {
    this.#c = components;
    this.#source = source;
    this.#signal = signal;
  }

  get isIdle(): boolean {
    return this.#wanted === 0;
  }

  /** Resolves when the stream has ended. Throws what the first look throws, before anything was sent. */
  async join(stream: EventStream): Promise<void> {
    this.#wanted++;
    try {
      let begun: Promise<void> | undefined;
      // The looks may have ended while this one waited for the first of them.
      while (begun === undefined || begun !== this.#begun) {
        begun = this.#begun ??= this.#begin();
        await begun;
      }
      stream.begin((this.#first ??= this.#firstText()));
      this.#listeners.add(stream);
      await stream.ended;
    } finally {
      this.#wanted--;
      this.#listeners.delete(stream);
    }
  }

  async #begin(): Promise<void> {
    try {
      const value = await this.#look();
      this.#hold(value);
      void this.#run(value);
    } catch (error) {
      this.#begun = undefined;
      throw error;
    }
  }

  async #run(before: T): Promise<void> {
    try {
      for (;;) {
        await this.#c.ticks.next(this.#signal);
        if (this.isIdle) return;
        const after = await unlessAborted(this.#look(), this.#signal);
        this.#hold(after);
        this.#tell(this.#source.next(before, after));
        before = after;
      }
    } catch (cause) {
      if (!this.#signal.aborted) this.#refuse(asBftError(cause, 'INTERNAL', 'a look for the streams failed'));
    } finally {
      this.#begun = undefined;
      for (const stream of this.#listeners) stream.end();
    }
  }

  /** Never throws at once, whatever the source does. */
  async #look(): Promise<T> {
    return await this.#source.read();
  }

  #hold(value: T): void {
    this.#value = value;
    this.#first = undefined;
  }

  #firstText(): string {
    const { name, data } = this.#source.first(this.#value as T);
    return eventText(name, data, this.#number);
  }

  #tell(event: FeedEvent | undefined): void {
    const text = event && eventText(event.name, event.data, ++this.#number);
    for (const stream of this.#listeners) {
      if (text === undefined) stream.tick();
      else stream.send(text);
    }
  }

  #refuse(error: BftError): void {
    if (error.code === 'INTERNAL') this.#c.onDefect(error);
    for (const stream of this.#listeners) stream.send(eventText('refusal', refusalPage(error)));
  }
}
