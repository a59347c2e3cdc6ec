import { createHash } from 'node:crypto';
import type { Agent as AgentView } from '@parley/sdk/protocol.ts';
import Type from 'typebox';
import { Refusal } from '../gateway/refusal.ts';
import type { AgentRecord } from '../identity/agent-store.ts';
import type { Agents } from '../identity/agents.ts';
import type { App } from './app.ts';
import { cookieName, type RequestAuth } from './auth.ts';
import { Agent, Email, IdParams, Name, NewAgent, Password, page, problems } from './schemas.ts';

/** Longer than people are on leave; renewed with each sign-in. */
const browserKnownS = 180 * 24 * 60 * 60;

/** Signing in and out, one's own account, and the administration of agents. */
export function sessionRoutes(
  app: App,
  deps: { agents: Agents; auth: RequestAuth; show: (agent: AgentRecord) => AgentView },
): void {
  const { agents, auth, show } = deps;

  app.post(
    '/api/v1/login',
    {
      schema: {
        security: [],
        body: Type.Object({ email: Type.String({ maxLength: 320 }), password: Type.String({ maxLength: 1_000 }) }),
        response: { 200: Type.Object({ token: Type.String(), agent: Agent }), ...problems },
      },
    },
    async (request, reply) => {
      const { email, password } = request.body;
      const browserCookie = browserCookieOf(email);
      const known = request.cookies[browserCookie];
      const { token, browser, agent, expiresAt } = await agents.signIn(email, password, request.ip, known);
      const guarded = { httpOnly: true, sameSite: 'strict', secure: request.protocol === 'https' } as const;
      reply.setCookie(cookieName, token, { ...guarded, path: '/', expires: new Date(expiresAt) });
      reply.setCookie(browserCookie, browser, { ...guarded, path: '/api/v1/login', maxAge: browserKnownS });
      return { token, agent: show(agent) };
    },
  );

  app.post('/api/v1/logout', { schema: { response: { 204: Type.Null(), ...problems } } }, async (request, reply) => {
    const { token } = await auth.agent(request);
    await agents.signOut(token);
    reply.clearCookie(cookieName, { path: '/' });
    return reply.status(204).send(null);
  });

  app.get(
    '/api/v1/me',
    { schema: { response: { 200: Type.Object({ agent: Agent }), ...problems } } },
    async (request) => {
      const { agent } = await auth.agent(request);
      return { agent: show(agent) };
    },
  );

  app.patch(
    '/api/v1/me',
    {
      schema: {
        body: Type.Object({
          name: Type.Optional(Name),
          password: Type.Optional(Type.Object({ current: Type.String({ maxLength: 1_000 }), next: Password })),
        }),
        response: { 200: Type.Object({ agent: Agent }), ...problems },
      },
    },
    async (request) => {
      const signedIn = await auth.agent(request);
      const { agent } = signedIn;
      const { name, password } = request.body;
      if (password !== undefined) await agents.changeOwnPassword(signedIn, password.current, password.next);
      const changed = name === undefined ? agent : await agents.change(agent.id, { name: name.trim() });
      return { agent: show(changed) };
    },
  );

  app.get('/api/v1/agents', { schema: { response: { 200: page(Agent), ...problems } } }, async (request) => {
    await auth.agent(request);
    return { items: agents.all().map(show), nextCursor: null };
  });

  const role = Type.Union([Type.Literal('admin'), Type.Literal('supervisor'), Type.Literal('agent')]);
  const capacity = Type.Integer({ minimum: 1, maximum: 10_000 });

  app.post(
    '/api/v1/agents',
    {
      schema: {
        body: Type.Object({
          email: Email,
          name: Name,
          role: Type.Optional(role),
          capacity: Type.Optional(capacity),
          password: Type.Optional(Password),
        }),
        response: { 201: NewAgent, ...problems },
      },
    },
    async (request, reply) => {
      await auth.admin(request);
      const { email, name, password } = request.body;
      const created = await agents.create({
        email,
        name: name.trim(),
        role: request.body.role ?? 'agent',
        capacity: request.body.capacity ?? 5,
        ...(password === undefined ? {} : { password }),
      });
      reply.status(201);
      return { ...show(created.agent), ...(created.password === undefined ? {} : { password: created.password }) };
    },
  );

  app.get(
    '/api/v1/agents/:id',
    { schema: { params: IdParams, response: { 200: Agent, ...problems } } },
    async (request) => {
      await auth.agent(request);
      const agent = agents.get(request.params.id);
      if (agent === undefined) throw new Refusal('not-found', 'There is no such agent.');
      return show(agent);
    },
  );

  app.patch(
    '/api/v1/agents/:id',
    {
      schema: {
        params: IdParams,
        body: Type.Object({
          name: Type.Optional(Name),
          role: Type.Optional(role),
          capacity: Type.Optional(capacity),
          enabled: Type.Optional(Type.Boolean()),
          password: Type.Optional(Password),
        }),
        response: { 200: Agent, ...problems },
      },
    },
    async (request) => {
      await auth.admin(request);
      return show(await agents.change(request.params.id, request.body));
    },
  );

  // An agent's name stands in conversations: leaving is being switched off, not being forgotten.
  app.delete(
    '/api/v1/agents/:id',
    { schema: { params: IdParams, response: { 204: Type.Null(), ...problems } } },
    async (request, reply) => {
      await auth.admin(request);
      await agents.change(request.params.id, { enabled: false });
      return reply.status(204).send(null);
    },
  );
}

/** One for each account: several people sign in at one desk. */
function browserCookieOf(email: string): string {
  return `parley_known_${createHash('sha256').update(email.trim().toLowerCase()).digest('hex').slice(0, 16)}`;
}
