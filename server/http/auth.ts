import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { Refusal } from '../gateway/refusal.ts';
import type { AgentRecord } from '../identity/agent-store.ts';
import type { Agents, SignedIn } from '../identity/agents.ts';
import type { Visitor, Visitors } from '../identity/visitors.ts';
import type { App } from './app.ts';

export const cookieName = 'parley_session';
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Who is asking: from the Authorization header, or from the console's cookie. */
export interface RequestAuth {
  /** @throws Refusal `unauthorized`, `origin-forbidden` */
  agent(request: FastifyRequest): Promise<SignedIn & { token: string }>;
  /** @throws Refusal `forbidden` */
  admin(request: FastifyRequest): Promise<SignedIn & { token: string }>;
  /** Administrators are supervisors, too. @throws Refusal `forbidden` */
  supervisor(request: FastifyRequest): Promise<SignedIn & { token: string }>;
  visitor(request: FastifyRequest): Promise<Visitor>;
  /** For what both may do: an agent where there is one, else the visitor. */
  either(request: FastifyRequest): Promise<{ agent: SignedIn } | { visitor: Visitor }>;
}

export function createRequestAuth(deps: {
  agents: Agents;
  visitors: Visitors;
  isOurOrigin: (request: IncomingMessage) => boolean;
}): RequestAuth {
  async function agent(request: FastifyRequest): Promise<SignedIn & { token: string }> {
    const bearer = bearerOf(request.headers.authorization);
    const token = bearer ?? request.cookies[cookieName];
    if (token === undefined) throw new Refusal('unauthorized', 'Sign in first: the token is missing.');
    // A cookie is sent by the browser whoever asks; the Origin says who did.
    if (bearer === undefined && !safeMethods.has(request.method) && !deps.isOurOrigin(request.raw)) {
      throw new Refusal('origin-forbidden', 'This request comes from another site.');
    }
    return { ...(await deps.agents.authenticate(token)), token };
  }

  function visitor(request: FastifyRequest): Promise<Visitor> {
    return deps.visitors.authenticate(bearerOf(request.headers.authorization) ?? '');
  }

  return {
    agent,
    admin: async (request) => {
      const signedIn = await agent(request);
      if (signedIn.agent.role !== 'admin') throw new Refusal('forbidden', 'Only administrators may do this.');
      return signedIn;
    },
    supervisor: async (request) => {
      const signedIn = await agent(request);
      if (!isSupervisor(signedIn.agent)) {
        throw new Refusal('forbidden', 'Only supervisors and administrators may do this.');
      }
      return signedIn;
    },
    visitor,
    either: async (request) => {
      const bearer = bearerOf(request.headers.authorization);
      // A visitor's token is a JWT, with dots; an agent's has none.
      if (bearer?.includes('.') === true) return { visitor: await visitor(request) };
      return { agent: await agent(request) };
    },
  };
}

/**
 * Reads bodies over the usual limit from agents alone. To take one in, parse and check it costs seconds and some hundred
 * megabytes, and all of that comes before a route asks who it is from. For routes that are added later.
 */
export function readLargeBodiesOfAgentsOnly(app: App, auth: Pick<RequestAuth, 'agent'>): void {
  const { bodyLimit: usual } = app.initialConfig;
  app.addHook('onRequest', async (request) => {
    const { bodyLimit } = request.routeOptions;
    if (usual !== undefined && bodyLimit > usual) await auth.agent(request);
  });
}

export function isSupervisor({ role }: Pick<AgentRecord, 'role'>): boolean {
  return role === 'supervisor' || role === 'admin';
}

function bearerOf(header: string | undefined): string | undefined {
  return /^Bearer ([^\s]+)$/i.exec(header ?? '')?.[1];
}

/** The Origin header, whole, against the host that was asked or the public address. */
export function isSameOrigin(request: IncomingMessage, publicUrl: string | undefined): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined) return false;
  if (publicUrl !== undefined && origin === new URL(publicUrl).origin) return true;
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
}
