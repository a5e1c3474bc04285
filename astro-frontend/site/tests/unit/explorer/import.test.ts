// Dropped files as graphs. That they are the ones that the CLI makes is shown against the service: tests/browser.
import { describe, expect, it } from 'vitest';
import { licences } from '../../../src/explorer/import/licences.ts';
import { readFile } from '../../../src/explorer/import/read.ts';

const lock = (packages: object) => JSON.stringify({ name: 'w', lockfileVersion: 3, packages });

describe('a lock file', () => {
  it('resolves what is nearest, and links', () => {
    const draft = readFile(
      lock({
        '': { version: '1.0.0', dependencies: { a: '^1', b: '*' } },
        'node_modules/a': { version: '1.0.0', dependencies: { c: '2' }, license: '(MIT OR ISC)' },
        'node_modules/a/node_modules/c': { version: '2.0.0' },
        'node_modules/c': { version: '1.0.0' },
        'node_modules/b': { link: true, resolved: 'packages/b' },
        'packages/b': { name: 'b', dependencies: { c: '1' } },
      }),
    );
    const on = [...draft.edges.values()].filter(({ type }) => type === 'DEPENDS_ON').map(({ from, to }) => `${from} ${to}`);
    expect(on.sort()).toEqual(['npm:a@1.0.0 npm:c@2.0.0', 'npm:b@0.0.0 npm:c@1.0.0', 'npm:w@1.0.0 npm:a@1.0.0', 'npm:w@1.0.0 npm:b@0.0.0']);
    expect([...draft.nodes.keys()]).toEqual(expect.arrayContaining(['licence:MIT', 'licence:ISC', 'workspace:w']));
  });

  it('is sent nodes first, in batches', () => {
    const batches = [...readFile(lock({ '': { version: '1.0.0' } })).batches(2)];
    expect(batches.map((batch) => batch.map(({ change }) => change.case))).toEqual([['putNode', 'putNode'], ['putNode', 'putEdge'], ['putEdge']]);
  });
});

it.each([
  ['', 'no JSON'],
  ['[]', 'neither'],
  ['{"lockfileVersion":1}', 'version 1'],
  [lock({ 'node_modules/a': {} }), 'no version'],
  [lock({ '': { version: '1.0.0', dependencies: { gone: '1' } } }), 'lacks'],
  ['{"lockfileVersion":3,"packages":{"__proto__":{"dependencies":{"toString":"1"}}}}', ''],
  ['{"workspace_members":[1],"packages":[null,{"id":1}],"resolve":{"nodes":[{"deps":3}]}}', ''],
])('%s is answered in words', (content, said) => {
  try {
    readFile(content);
  } catch (error) {
    expect(error).toMatchObject({ name: 'Unreadable', message: expect.stringContaining(said) });
    return;
  }
  expect(said).toBe('');
});

it.each([
  ['MIT/Apache-2.0', ['MIT', 'Apache-2.0']],
  ['(MIT OR Apache-2.0) AND Unicode-3.0', ['MIT', 'Apache-2.0', 'Unicode-3.0']],
  ['Apache-2.0 WITH LLVM-exception or MIT', ['Apache-2.0 WITH LLVM-exception', 'MIT']],
  ['Apache License 2.0', ['Apache License 2.0']],
  ['', []],
])('%s names its licences', (expression, expected) => expect(licences(expression)).toEqual(expected));
