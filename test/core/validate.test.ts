import assert from 'node:assert/strict';
import { Type } from 'typebox';
import { validator } from '../../src/core/validate.ts';

const check = validator(
  Type.Object(
    {
      name: Type.String(),
      port: Type.Integer({ default: 6881, maximum: 65535 }),
      role: Type.Optional(Type.Unsafe<'a' | 'b'>({ type: 'string', enum: ['a', 'b'] })),
      flag: Type.Optional(Type.Unsafe<boolean | 'true'>({ enum: [true, 'true'] })),
      inner: Type.Optional(Type.Object({ size: Type.Integer() })),
    },
    { additionalProperties: false },
  ),
);

describe('core: validation', () => {
  it('gives the value, completed by the defaults', () => {
    assert.deepEqual(check({ name: 'x' }), { value: { name: 'x', port: 6881 }, problems: [] });
  });

  it('takes no number that JSON can write and nobody can count with', () => {
    const { inner } = JSON.parse('{"inner":{"size":1e999}}') as { inner: object };
    assert.deepEqual(check({ name: 'x', inner }).problems, ['"inner.size" must be integer']);
  });

  it('says every problem in a sentence, with its key', () => {
    assert.deepEqual(check({ port: 70000, role: 'c', flag: 'no', inner: { size: 'many' }, colour: 1 }).problems, [
      "must have required property 'name'",
      'unknown key "colour"',
      '"port" must be <= 65535',
      '"role" must be one of a, b',
      '"flag" must be one of true',
      '"inner.size" must be integer',
    ]);
    assert.deepEqual(check(null).problems, ['must be object']);
  });
});
