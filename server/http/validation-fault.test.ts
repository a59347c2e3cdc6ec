import assert from 'node:assert/strict';
import { test } from 'node:test';
import Type, { type TSchema } from 'typebox';
import { Errors } from 'typebox/value';
import { type Fault, faultToTell, listTooLong } from './validation-fault.ts';

const told = (schema: TSchema, value: unknown): string => {
  const fault = faultToTell(Errors(schema, value) as unknown as Fault[]);
  return `${fault?.instancePath}: ${fault?.message}`;
};

test('of several forms the one that was meant is told of, and of several constants all are named', () => {
  const file = Type.Union([
    Type.Object({ format: Type.Literal('csv'), text: Type.String() }),
    Type.Object({ format: Type.Literal('json'), nodes: Type.Array(Type.Object({ names: Type.Array(Type.String()) })) }),
  ]);
  assert.equal(told(file, { format: 'json', nodes: [{ names: 'x' }] }), '/nodes/0/names: must be array');
  assert.equal(told(file, { format: 'csv', text: 1 }), '/text: must be string');
  assert.equal(told(file, { format: 'xml' }), '/format: must be one of "csv", "json"');
  const role = Type.Object({ role: Type.Union([Type.Literal('admin'), Type.Literal('agent')]) });
  assert.equal(told(role, { role: 'owner' }), '/role: must be one of "admin", "agent"');
  assert.equal(told(Type.Object({ a: Type.String(), b: Type.String() }), { a: 1, b: 2 }), '/a: must be string');
});

test('a list that is too long is found by its length, wherever it is', () => {
  const lines = Type.Array(Type.Object({ names: Type.Array(Type.String(), { maxItems: 2 }) }), { maxItems: 3 });
  const body = Type.Object({ file: Type.Object({ lines }), note: Type.Optional(Type.String()) });
  const found = (value: unknown) => {
    const fault = listTooLong(body, value);
    return fault && `${fault.instancePath}: ${fault.message}`;
  };
  const names = ['a', 'b'];
  assert.equal(found({ file: { lines: [1, 2, 3, 4] } }), '/file/lines: must not have more than 3 items');
  assert.equal(
    found({ file: { lines: [{ names }, { names: [...names, 1] }] } }),
    '/file/lines/1/names: must not have more than 2 items',
  );
  for (const value of [{ file: { lines: [{ names }] } }, { file: 'x', other: [1, 2, 3, 4] }, null, [], 'x'])
    assert.equal(found(value), undefined);
});
