// The explorer's pure parts.
import { create } from '@bufbuild/protobuf';
import { EdgeSchema, HighlightSchema, NodeSchema, ValueSchema } from '@throughline/shared/graph';
import { describe, expect, it } from 'vitest';
import { createNode, deleteNode, differences, putNode, readRows, rebased } from '../../../src/explorer/model/edit.ts';
import { passes, readCondition, writeCondition } from '../../../src/explorer/model/filter.ts';
import { ShownGraph } from '../../../src/explorer/model/graph.ts';
import { parts } from '../../../src/explorer/model/highlight.ts';
import { forget, NO_HISTORY, readHistory, remember, save } from '../../../src/explorer/model/history.ts';
import { svg } from '../../../src/explorer/model/picture.ts';
import { readStep, type Step, writeStep } from '../../../src/explorer/model/step.ts';
import { EMPTY, type LinkState, readLink, writeLink } from '../../../src/explorer/model/url.ts';
import { format, type Kind, label, parse, plain } from '../../../src/explorer/model/value.ts';

const text = (value: string) => create(ValueSchema, { kind: { case: 'stringValue', value } });
const node = (id: string, properties: Record<string, string> = {}, type = 'T') =>
  create(NodeSchema, { id, type, etag: 'e1', properties: Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, text(value)])) });
const edge = (from: string, to: string, type = 'E') => create(EdgeSchema, { from, type, to });

describe('what is shown', () => {
  it('holds each thing once, and no edge without its ends', () => {
    const graph = new ShownGraph();
    expect(graph.add([node('a'), node('b'), node('a')], [edge('a', 'b'), edge('a', 'b'), edge('a', 'c')])).toMatchObject({ left: 0 });
    expect([graph.nodes.size, graph.edges.size, graph.degree('a'), graph.degree('c')]).toEqual([2, 1, 1, 0]);
    expect([...graph.neighbours('b')]).toEqual(['a']);
  });

  it('is bounded, and says what had no place', () => {
    const graph = new ShownGraph({ nodes: 2, edges: 1 });
    const many = Array.from({ length: 50_000 }, (_, at) => node(`n${at}`));
    expect(graph.add(many, [edge('n0', 'n1'), edge('n1', 'n0')]).left).toBe(49_998);
    expect([graph.nodes.size, graph.edges.size]).toEqual([2, 1]);
  });

  it('lets go of a node with its edges', () => {
    const graph = new ShownGraph();
    graph.add([node('a'), node('b')], [edge('a', 'b'), edge('a', 'a')]);
    graph.remove('a');
    expect([graph.nodes.size, graph.edges.size, graph.degree('b')]).toEqual([1, 0, 0]);
  });
});

describe('a link', () => {
  const steps: Step[] = [
    { kind: 'walk', from: 'a~b%7E%c&d=é', depth: 2, way: 'both', edgeTypes: ['X', 'Y'], cap: 100 },
    { kind: 'path', from: 'crate:a@1', to: '<b>', way: 'in', edgeTypes: [] },
    { kind: 'off', from: 'a~b' },
    { kind: 'empty', from: '' },
  ];

  it.each(steps)('carries step %#', (step) => {
    expect(readStep(writeStep(step))).toEqual(step);
  });

  it('carries all of a state', () => {
    const condition = { property: 'name', comparator: '>=' as const, value: 'a = b' };
    const state: LinkState = { query: 'two words', steps, node: 'a#b', tab: 'json', tool: 'filter', order: 'edges', hidden: ['T', 'U'], condition };
    expect(readLink(writeLink(state))).toEqual({ state, problems: [] });
    expect(writeLink(EMPTY)).toBe('');
  });

  it.each([
    ['?v=9&q=x', 'version 9'],
    ['?wat=1', '“wat”'],
    ['?s=walk~a~99~both~1', 'walk~a~99'],
    ['?s=%', '%'],
    ['?s=off', 'off'],
    ['?order=size', 'no order “size”'],
    ['?tab=moon', 'no tab “moon”'],
    ['?where=%3D%3D', 'filter'],
  ])('says of %s what it cannot read', (link, said) => {
    const { problems, state } = readLink(link);
    expect(problems.join()).toContain(said);
    expect(state.tab).toBe('nodes');
  });

  it('reads anything, and writes nothing too long', () => {
    expect(readLink(`?q=${'x'.repeat(9_000)}`).problems).toHaveLength(1);
    const long = Array.from({ length: 60 }, (_, at): Step => ({ kind: 'off', from: `${at}${'x'.repeat(500)}` }));
    const link = writeLink({ ...EMPTY, steps: long });
    expect(link.length).toBeLessThanOrEqual(8_000);
    expect(readLink(link).state.steps.at(-1)).toEqual(long.at(-1));
  });
});

describe('a filter', () => {
  const of = node('a', { name: 'serde', size: '10' });
  it.each([
    ['name:SER', true],
    ['name=serd', false],
    ['size>9', true],
    ['size<=9', false],
    ['gone:x', false],
    ['gone!=x', true],
    ['type=T', true],
  ])('%s', (written, let_through) => {
    const condition = readCondition(written)!;
    expect(writeCondition(condition)).toBe(written);
    expect(passes({ hidden: [], condition }, of)).toBe(let_through);
  });

  it('hides types', () => expect(passes({ hidden: ['T'] }, of)).toBe(false));
});

describe('a value', () => {
  it.each<[Kind, string, boolean]>([
    ['text', '<b>', true],
    ['integer', '-9223372036854775808', true],
    ['integer', '9223372036854775808', false],
    ['integer', '1.5', false],
    ['number', '1.5', true],
    ['number', 'Infinity', false],
    ['truth', 'true', true],
    ['truth', 'yes', false],
    ['time', '2026-01-31T12:00:00.000Z', true],
    ['time', 'soon', false],
  ])('%s %s', (kind, typed, fits) => {
    const value = parse(kind, typed);
    expect('wrong' in value ? undefined : format(value)).toBe(fits ? typed : undefined);
  });

  it('keeps what JSON numbers cannot', () => {
    const big = create(ValueSchema, { kind: { case: 'intValue', value: 9007199254740993n } });
    expect(plain({ big })).toEqual({ big: '9007199254740993' });
  });

  it('names a node', () => expect(['crate:serde@1', 'x', ':'].map((id) => label(node(id)))).toEqual(['serde@1', 'x', ':']));
});

describe('an edit', () => {
  it('of what has come to be as it was is held against its new etag', () => {
    const before = { ...node('a', {}), etag: '2' };
    const etags = (mutations: ReturnType<typeof rebased>): unknown[] => mutations.map((it) => it.precondition?.condition.value);
    const edits = [putNode({ ...node('a', {}), etag: '1' }, {}).back('2'), putNode({ ...node('b', {}), etag: '1' }, {}).back('2'), putNode(before, {}).back('3')];
    edits.push(createNode('a', 'T', {}).back('2'), createNode('b', 'T', {}).back('2'));
    expect(edits.map((it) => etags(rebased(it, before, '4')))).toEqual([['4'], ['2'], ['3'], ['4'], ['2']]);
  });

  it('asks for the version it began from, and is taken back from the one it made', () => {
    const change = putNode(node('a', { name: 'old' }), { name: text('new') });
    expect(change.mutations[0]).toMatchObject({ precondition: { condition: { case: 'etag', value: 'e1' } } });
    expect(change.back('e2')[0]).toMatchObject({
      precondition: { condition: { case: 'etag', value: 'e2' } },
      change: { case: 'putNode', value: { id: 'a', etag: '', properties: { name: { kind: { value: 'old' } } } } },
    });
  });

  it('brings a deleted node back with its edges', () => {
    const back = deleteNode(node('a'), [edge('a', 'b')]).back('');
    expect(back.map((it) => it.change.case)).toEqual(['putNode', 'putEdge']);
  });

  it('says which rows are wrong', () => {
    const read = readRows([
      { name: 'a', kind: 'integer', text: 'x' },
      { name: '1', kind: 'text', text: '' },
      { name: 'b', kind: 'text', text: '' },
      { name: 'b', kind: 'text', text: '' },
    ]);
    expect('faults' in read && [...read.faults.keys()]).toEqual([0, 1, 3]);
  });

  it('shows how two versions differ', () => {
    expect(differences({ a: text('1'), b: text('2') }, { a: text('1'), c: text('3') })).toEqual([
      { name: 'b', mine: '2', theirs: '' },
      { name: 'c', mine: '', theirs: '3' },
    ]);
  });
});

it('a highlight counts characters, not units', () => {
  const highlight = create(HighlightSchema, { snippet: '😀 serde', ranges: [{ start: 2, end: 5 }] });
  expect(parts(highlight)).toEqual([
    { text: '😀 ', found: false },
    { text: 'ser', found: true },
    { text: 'de', found: false },
  ]);
});

it('a history keeps the newest, and reads whatever was stored', () => {
  const entry = { link: '?q=1', title: 'one' };
  const twice = remember(remember(remember(NO_HISTORY, entry), { ...entry, title: 'two' }), entry);
  expect(twice.recent.map(({ title }) => title)).toEqual(['one', 'two']);
  expect(forget(save(NO_HISTORY, entry), 'one')).toEqual(NO_HISTORY);
  expect(readHistory(JSON.stringify(twice))).toEqual(twice);
  for (const bad of [null, '', '[]', '{"recent":[1,{"link":"javascript:x","title":"x"}]}']) expect(readHistory(bad)).toEqual(NO_HISTORY);
});

it('a picture holds markup as text', () => {
  const graph = new ShownGraph();
  graph.add([node('<script>"\u0000')], []);
  const drawn = svg(graph, () => ({ x: 1, y: 1, size: 2, colour: '#fff' }), { width: 9, height: 9, background: '#000', line: '#000', ink: '#000' });
  expect(drawn).not.toContain('<script>');
  expect(drawn).toContain('&lt;script&gt;');
});
