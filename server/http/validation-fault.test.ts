import assert from 'node:assert/strict';
import { test } from 'node:test';
import Type, { type TSchema } from 'typebox';
import { Errors } from 'typebox/value';
import { type Fault, faultToTell } from './validation-fault.ts';

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
