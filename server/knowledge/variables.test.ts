import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkTemplate, hasVariables, knownVariables, renderTemplate } from './variables.ts';

test('a value stands in for its variable, a fallback where there is none, and the rest stays as it was written', () => {
  const text = 'Hi {{contact.name|there}}, order {{ order.id }} costs {{order.price|nothing}} {x} }} {{contact.email}}';
  assert.deepEqual(renderTemplate(text, { 'contact.name': '  ', 'order.id': '7' }), {
    text: 'Hi there, order 7 costs nothing {x} }} {{contact.email}}',
    missing: ['contact.email'],
  });
});

test('a value with braces in it is text, and is not looked into again', () => {
  const { text, missing } = renderTemplate('{{contact.name}}', {
    'contact.name': '{{agent.name}}',
    'agent.name': 'Ada',
  });
  assert.equal(text, '{{agent.name}}');
  assert.deepEqual(missing, []);
});

test('an unknown variable is named with its place, and with the one that was meant', () => {
  assert.deepEqual(checkTemplate('Hello\n  {{contact.nmae}}'), [
    { line: 2, column: 3, message: 'There is no variable {{contact.nmae}}. Did you mean {{contact.name}}?' },
  ]);
  const [unlike] = checkTemplate('{{weather}}');
  assert.match(unlike?.message ?? '', /Known are \{\{contact\.name\}\}, .*\{\{contact\.attributes\.…\}\}/);
  assert.match(checkTemplate('{{constructor}}')[0]?.message ?? '', /no variable/);
  assert.deepEqual(checkTemplate('a {{contact.name')[0]?.column, 3);
  assert.match(checkTemplate('{{}}')[0]?.message ?? '', /needs a name/);
  assert.deepEqual(checkTemplate('{{contact.attributes.会员等级|普通}}'), []);
});

test('whatever is checked without a problem renders without a brace of ours, when every value is there', () => {
  const names = knownVariables.map((name) => (name.endsWith('.') ? `${name}level` : name));
  const parts = fc.oneof(
    fc.string().map((text) => text.replace(/[{}]/g, '')),
    fc.constantFrom(...names).map((name) => `{{${name}}}`),
    fc.constantFrom(...names).map((name) => `{{${name}|x y}}`),
  );
  const values = Object.fromEntries(names.map((name) => [name, 'v']));
  fc.assert(
    fc.property(fc.array(parts), (list) => {
      const text = list.join('');
      assert.deepEqual(checkTemplate(text), []);
      const rendered = renderTemplate(text, values);
      assert.equal(hasVariables(rendered.text), false);
      assert.deepEqual(rendered.missing, []);
    }),
  );
});

test('any text at all is checked and rendered without an error', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('{', '}', '|', '.', 'a', '\n', '用') }), (text) => {
      checkTemplate(text);
      renderTemplate(text, { a: '1' });
    }),
  );
});
