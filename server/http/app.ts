import type { IncomingMessage } from 'node:http';
import cookie from '@fastify/cookie';
import { SerializerSelector } from '@fastify/fast-json-stringify-compiler';
import swagger from '@fastify/swagger';
import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifySchemaCompiler,
  type FastifySerializerCompiler,
  LogController,
} from 'fastify';
import type { TSchema } from 'typebox';
import { newId } from '../base/ids.ts';
import { Refusal, statusOf } from '../gateway/refusal.ts';
import { type Fault, faultToTell, listTooLong } from './validation-fault.ts';

export type App = FastifyInstance<
  import('node:http').Server,
  IncomingMessage,
  import('node:http').ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** The HTTP server without its routes: problem documents, request ids, OpenAPI, limits. */
export async function createApp(deps: {
  logger: FastifyBaseLogger;
  trustProxy: readonly string[];
  version: string;
}): Promise<App> {
  const app: App = fastify({
    loggerInstance: deps.logger,
    // One line for each request would be most of the log; the metrics count them, and errors are logged with their id.
    logController: new LogController({ disableRequestLogging: true }),
    requestIdHeader: false,
    genReqId: () => newId(),
    trustProxy: deps.trustProxy.length === 0 ? false : [...deps.trustProxy],
    bodyLimit: 1024 * 1024,
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    routerOptions: { maxParamLength: 300, ignoreTrailingSlash: true },
    // An address that cannot be decoded fails before any route and hook.
    frameworkErrors: answerError,
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(whenAsked(compileValidator));
  app.setSerializerCompiler(whenAsked(SerializerSelector()() as FastifySerializerCompiler<unknown>));
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id);
    reply.header('x-content-type-options', 'nosniff');
  });
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((_, reply) =>
    reply
      .status(404)
      .type('application/problem+json')
      .send(problemOf(404, 'not-found', 'There is nothing at this address.')),
  );
  await app.register(cookie);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Parley',
        version: deps.version,
        description:
          'The public API. Errors are application/problem+json (RFC 9457); lists answer `{items, nextCursor}`.',
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ bearer: [] }],
    },
  });
  return app;
}

/**
 * Compiles what a route's schema says when it is first needed. All of them at once are a third of what a start takes, and
 * a process needs the routes of its role alone.
 */
function whenAsked<Route, Argument, Result>(
  compile: (route: Route) => (argument: Argument) => Result,
): (route: Route) => (argument: Argument) => Result {
  return (route) => {
    let compiled: ((argument: Argument) => Result) | undefined;
    return (argument) => {
      compiled ??= compile(route);
      return compiled(argument);
    };
  };
}

/** typebox's, which is not asked what all is wrong with a list that is too long. */
const compileValidator: FastifySchemaCompiler<TSchema> = (route) => {
  const validate = TypeBoxValidatorCompiler(route);
  return (value: unknown) => {
    const fault = listTooLong(route.schema, value);
    return fault === undefined ? validate(value) : { error: [fault] as never };
  };
};

/** Every failure of a request as a problem document; a defect is logged, once and here. */
function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = asRefusal(error);
  if (refusal === undefined) request.log.error({ err: error, route: request.routeOptions.url }, 'request failed');
  if (refusal?.retryAfterMs !== undefined)
    reply.header('retry-after', Math.max(1, Math.ceil(refusal.retryAfterMs / 1_000)));
  const { status, code, message, field } = refusal ?? {
    status: 500,
    code: 'internal',
    message: 'Something went wrong on our side.',
    field: undefined,
  };
  void reply
    .status(status)
    .type('application/problem+json')
    .send(problemOf(status, code, message, field));
}

function problemOf(status: number, code: string, detail: string, field?: string) {
  return {
    type: `urn:parley:problem:${code}`,
    title: code.replaceAll('-', ' '),
    status,
    code,
    detail,
    ...(field === undefined ? {} : { field }),
  };
}

/** Fastify's own refusals in our words; undefined for a defect. */
function asRefusal(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  const { code, statusCode, validation, message } = error as FastifyError;
  if (validation !== undefined) {
    const first = faultToTell(validation as unknown as readonly Fault[]);
    const path = `${first?.instancePath ?? ''}`.replace(/^\//, '').replaceAll('/', '.');
    const missing = (first?.params as { requiredProperties?: string[] } | undefined)?.requiredProperties?.[0];
    const field = [path, missing].filter((part) => part !== undefined && part !== '').join('.');
    return new Refusal(
      'bad-request',
      `${field === '' ? 'The request' : field}: ${missing === undefined ? (first?.message ?? message) : 'is required'}.`,
      field === '' ? {} : { field },
    );
  }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new Refusal('body-too-large', 'The body is too large.');
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new Refusal('type-unsupported', 'Content-Type: this address does not take it.');
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    const known = (Object.keys(statusOf) as (keyof typeof statusOf)[]).find((name) => statusOf[name] === statusCode);
    return new Refusal(known ?? 'bad-request', message);
  }
  return undefined;
}
