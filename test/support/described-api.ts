import assert from 'node:assert/strict';
import Schema from 'typebox/schema';
import { type Answer, type CallOptions, call, must } from './clients.ts';

type JsonSchema = Record<string, unknown>;
interface Operation {
  readonly parameters?: readonly { name: string; in: string; schema: JsonSchema }[];
  readonly requestBody?: { readonly content: Record<string, { schema: JsonSchema }> };
  readonly responses: Record<string, { content?: Record<string, { schema: JsonSchema }> }>;
}
interface Description {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
}
type Route = Parameters<typeof call>[1];

/** Routes that a suite of their own holds to their descriptions; each says at its end whether it has left one out. */
export const routesOf = {
  bot: /\/(entities|graph|suggestions|proposals|orders|language-model|bot-decisions|intent-labels|intents\/names|give-to-bot)|\/v1\/assist|\/bot\/(settings|flows|flow-names|try|report|gaps|approved-answers)/,
  knowledge:
    /\/(canned-replies|articles|article-categories|help-centre)|\/visitor\/help|\/help\/\{language\}|\/knowledge\/(import|export|search|titles)/,
} as const;

/** The API with its own description beside it: every answer is held to what /openapi.json says of it. */
export class DescribedApi {
  readonly server: { readonly url: string };
  readonly description: Description;
  /** `GET /api/v1/agents/{id}`: what has been answered with a success. */
  readonly succeeded = new Set<string>();

  constructor(server: { readonly url: string }, description: Description) {
    this.server = server;
    this.description = description;
  }

  static async of(server: { readonly url: string }): Promise<DescribedApi> {
    return new DescribedApi(server, await must(call<Description>(server, 'GET /openapi.json')));
  }

  /** `GET /api/v1/agents/{id}` and so on. */
  operations(): [name: string, operation: Operation][] {
    return Object.entries(this.description.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, Operation] => [
        `${method.toUpperCase()} ${path}`,
        operation,
      ]),
    );
  }

  /** Calls, and holds the answer to its description. */
  async call<T = unknown>(route: Route, options: CallOptions = {}): Promise<Answer<T>> {
    const answer = await call<T>(this.server, route, options);
    const [name, operation] = this.#describe(route);
    const key = [String(answer.status), `${Math.floor(answer.status / 100)}XX`].find(
      (each) => operation.responses[each],
    );
    assert.ok(key, `${route}: ${answer.status} is not described: ${JSON.stringify(answer.body)}`);
    if (answer.status < 300) this.succeeded.add(name);
    const schema = Object.values(operation.responses[key]?.content ?? {})[0]?.schema;
    if (answer.status === 204 || schema === undefined) assert.equal(answer.body, '', `${route} has a body`);
    else assertMatches(schema, answer.body, `${route} ${answer.status}`);
    return answer;
  }

  /** The same for one that must succeed. @returns its body */
  async must<T>(route: Route, options: CallOptions = {}): Promise<T> {
    return must(this.call<T>(route, options));
  }

  #describe(route: string): [name: string, operation: Operation] {
    const found = this.operations()
      // What is written out goes before what is a parameter: /conversations/counts is not /conversations/{id}.
      .sort(([a], [b]) => a.split('{').length - b.split('{').length)
      .find(([name]) => new RegExp(`^${name.replace(/\{\w+\}/g, '[^/?]+')}(\\?|$)`).test(route));
    assert.ok(found, `${route} is not in /openapi.json`);
    return found;
  }
}

function assertMatches(schema: JsonSchema, body: unknown, what: string): void {
  if (Schema.Check(schema, body)) return;
  const [, errors] = Schema.Errors(schema, body);
  assert.fail(
    `${what} is not as described: ${JSON.stringify(errors.slice(0, 3))}: ${JSON.stringify(body).slice(0, 500)}`,
  );
}
