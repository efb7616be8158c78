import type { Call } from '../call.ts';
import { EXIT, exitCodeOf } from '../exit-codes.ts';
import { print } from '../output/print.ts';
import type { NodeClient } from './node-client.ts';

type Content = Readonly<Record<string, unknown>>;

/** Calls a method of the protocol and prints what it answered, with --raw to the letter; gives the exit code. */
export async function protocol(
  call: Pick<Call, 'flag'>,
  node: NodeClient,
  method: string,
  params: object,
  text: (content: Content) => string = ({ desc }) => String(desc),
): Promise<number> {
  if (call.flag('raw')) return passOn(await node.raw(method, params));
  const content = await node.ask(method, params);
  print(call, content, () => text(content));
  return EXIT.ok;
}

/** Prints an envelope as it came; its words decide how the command ends. */
function passOn(answer: string): number {
  process.stdout.write(answer.endsWith('\n') ? answer : `${answer}\n`);
  const { return_status, return_content } = JSON.parse(answer) as { return_status?: string; return_content?: Content };
  return return_status === 'true' ? EXIT.ok : exitCodeOf(String(return_content?.code));
}
