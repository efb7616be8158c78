/** How commands end. The numbers are those of exit-codes.ts; a test holds the two together. */
export const EXIT_TEXTS: Readonly<Record<number, string>> = {
  0: 'It was done.',
  1: 'Another failure, or a defect.',
  2: 'The command was called wrongly.',
  3: 'There is no such task, file or page.',
  4: 'The node cannot be reached.',
  5: 'It failed, and may work later.',
  6: 'It was refused, or failed for good: trying the same again does not help.',
  7: 'Bytes are wrong.',
  8: 'The disk is full.',
  9: 'There was nothing to do.',
  130: 'It was interrupted.',
};

export const ENVIRONMENT = {
  BFT2_API: 'The node, such as http://127.0.0.1:8191.',
  BFT2_TOKEN: 'The token of the node.',
  BFT2_SENDER: 'senderpath of the node, for gentask and sends; else the node is asked for it.',
};
