import Type, { type TUnsafe } from 'typebox';

/** What the routes of the knowledge base have in common. */

export const literals = <const T extends string>(values: readonly T[]): TUnsafe<T> =>
  Type.Unsafe<T>(Type.Enum([...values] as string[] as [string, ...string[]]));
export const LanguageTag = Type.String({ maxLength: 35, description: 'A BCP 47 tag, as `zh-CN`.' });
export const Time = Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
  description: 'Epoch milliseconds; null: not set.',
});
export const ChannelTypes = Type.Union([Type.Array(Type.String({ maxLength: 64 }), { maxItems: 50 }), Type.Null()], {
  description: 'Channel types for which it is meant; null: all.',
});
/** Its cursors carry titles. */
export const KnowledgePage = {
  cursor: Type.Optional(Type.String({ maxLength: 1_000 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
};
