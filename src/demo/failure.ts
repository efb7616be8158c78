/** A failure that the demo explains to the person at the terminal; anything else that is thrown is a defect. */
export class DemoFailure extends Error {
  override readonly name: string = 'DemoFailure';
}

/** A node refused or failed an order: its log tells more. */
export class NodeFailure extends DemoFailure {
  override readonly name = 'NodeFailure';
}

/** A wrong command line or argument: exit code 2. */
export class UsageFailure extends DemoFailure {
  override readonly name = 'UsageFailure';
}

/** The demo was asked to stop by a signal: exit code 128 + the signal's number. */
export class Interrupted extends DemoFailure {
  override readonly name = 'Interrupted';
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`stopped by ${signal}`);
    this.signal = signal;
  }
}
