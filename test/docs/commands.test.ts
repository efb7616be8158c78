import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { COMMANDS } from '../../src/cli/table/commands.ts';
import { placeOf } from '../acceptance/walk-page.ts';
import { bareLines, commandsIn } from './command-lines.ts';
import { blocksOf, pageText, ROOT } from './pages.ts';

const PAGES = [
  'README.md',
  'README.zh-CN.md',
  ...readdirSync(new URL('docs/', ROOT))
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
];
/** What Debian has, or the package brings. */
const SYSTEM = new Set(
  'apt bash bftv2-configure cat cd curl echo head mkdir npm rsync scp sha1sum ssh systemctl tar timeout wget'.split(
    ' ',
  ),
);
/** Made by `npm run package`, and what is in it. */
const MADE = /^(dist\/|(\.\/)?bftv2[_-][^/]*(\/|$))/;
const PLACES: Readonly<Record<string, string>> = {
  有源代码的机器: 'machine with the sources',
  发送端: 'sender',
  接收端: 'receiver',
};

const shellOf = async (path: string) => blocksOf(await pageText(path)).filter(({ language }) => language === 'sh');

describe('the commands of the documentation', () => {
  it('are the same in both languages', async () => {
    for (const page of ['README', 'docs/FIRST-TRANSFER']) {
      const lines = async (path: string) => (await shellOf(path)).map(bareLines);
      assert.deepEqual(await lines(`${page}.zh-CN.md`), await lines(`${page}.md`));
    }
  });

  it('of the first transfer run at the same places in both languages', async () => {
    const places = async (path: string) => (await shellOf(path)).map(placeOf);
    const chinese = (await places('docs/FIRST-TRANSFER.zh-CN.md')).map(name => PLACES[name]);
    assert.deepEqual(chinese, await places('docs/FIRST-TRANSFER.md'));
  });

  for (const path of PAGES)
    it(`of ${path} are there`, async () => {
      const { scripts } = JSON.parse(await pageText('package.json')) as { scripts: Record<string, string> };
      const known = new Set(Object.keys(scripts));
      for (const block of await shellOf(path))
        for (const words of commandsIn(block))
          assert.equal(faultOf(words, known), undefined, `${path}, line ${block.line}: ${words.join(' ')}`);
    });

  it('are told apart, so that this test finds what is wrong', () => {
    const words = (text: string) => commandsIn({ text });
    assert.deepEqual(words('A=1 bft ls | head -n 2 # all\ncat > x <<END\nbft none\nEND\ncd /a && ls 2>/dev/null'), [
      ['bft', 'ls'],
      ['head', '-n', '2'],
      ['cat'],
      ['cd', '/a'],
      ['ls'],
    ]);
    assert.deepEqual(
      words('for n in 1 2; do echo "$n; x"; done'),
      [
        ['n', 'in', '1', '2'],
        ['echo', '"$n; x"'],
      ].slice(1),
    );
    const known = new Set(['demo']);
    for (const wrong of [
      'bft lss',
      'bft ls --jsn',
      'bft show',
      'bft ls here',
      'npm run demoo',
      'frobnicate',
      'shell/none.sh',
      'node_modules/.bin/node src/none.ts',
      'sudo frobnicate',
    ])
      assert.notEqual(faultOf(wrong.split(' '), known), undefined, wrong);
    for (const right of [
      'bft ls --group active --json',
      'npm run -s demo -- --json',
      'shell/send.sh',
      'bft recv a --wait',
    ])
      assert.equal(faultOf(right.split(' '), known), undefined, right);
  });
});

/** What does not exist of a command; undefined when all of it does. */
function faultOf([program = '', ...words]: readonly string[], scripts: ReadonlySet<string>): string | undefined {
  if (program === 'sudo') return faultOf(words, scripts);
  if (program === 'bft') return faultOfBft(words);
  if (program === 'npm') return faultOfNpm(words, scripts);
  if (program === 'node_modules/.bin/node')
    return inTree(words[0] ?? '') ?? (words[0]?.endsWith('cli/main.ts') ? faultOfBft(words.slice(1)) : undefined);
  if (program.includes('/')) return inTree(program);
  return SYSTEM.has(program) ? undefined : `there is no ${program}`;
}

const inTree = (path: string) =>
  MADE.test(path) || existsSync(new URL(path, ROOT)) ? undefined : `there is no ${path}`;

function faultOfNpm(words: readonly string[], scripts: ReadonlySet<string>): string | undefined {
  const [first, second] = words.filter(word => !word.startsWith('-'));
  const name = first === 'run' ? second : first;
  return name !== undefined && scripts.has(name) ? undefined : `there is no npm run ${name}`;
}

function faultOfBft([name = '', ...words]: readonly string[]): string | undefined {
  const entry = COMMANDS.find(command => command.name === name);
  if (!entry) return `there is no bft ${name}`;
  const { options = [], args = [] } = entry;
  let given = 0;
  for (let at = 0; at < words.length; at++) {
    const [, option] = /^--([^=]+)/.exec(words[at] ?? '') ?? [];
    if (option === undefined) {
      given++;
      continue;
    }
    const found = options.find(one => one.name === option);
    if (!found) return `bft ${name} has no --${option}`;
    if (found.value !== undefined && !words[at]?.includes('=')) at++;
  }
  const most = args.some(({ isMany }) => isMany) ? Infinity : args.length;
  const least = args.filter(({ isOptional }) => !isOptional).length;
  return given < least || given > most ? `bft ${name} takes other arguments` : undefined;
}
