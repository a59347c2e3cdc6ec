import { createHash, randomBytes } from 'node:crypto';
import { networkOf } from '../base/address.ts';
import type { Clock } from '../base/clock.ts';
import { newId } from '../base/ids.ts';
import type { ChangedBy } from '../gateway/channels.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { AgentRecord, AgentStore } from './agent-store.ts';
import { recogniseBrowser, rememberBrowser } from './known-browsers.ts';
import { checkPassword, hashPassword, makePassword } from './passwords.ts';

const sessionMs = 14 * 24 * 60 * 60_000;
/**
 * Wrong passwords before an account or an address must wait: a whole office may sit behind one address. A browser that
 * has signed in to the account has a count of its own, so that nobody else can keep its owner out.
 */
const maxFailures = { account: 10, address: 50 } as const;
const failureWindowMs = 15 * 60_000;
const maxTracked = 10_000;
/** Every refusal takes this long at least, whatever its reason. */
const refusalMs = 400;

export interface SignedIn {
  readonly agent: AgentRecord;
  /** Names the sign-in without being able to use it. */
  readonly sessionKey: string;
  readonly expiresAt: number;
}

/** Agents, their passwords and their sign-ins. */
export interface Agents {
  all(): readonly AgentRecord[];
  get(id: string): AgentRecord | undefined;
  create(input: {
    email: string;
    name: string;
    role: AgentRecord['role'];
    capacity: number;
    password?: string;
  }): Promise<{ agent: AgentRecord; password: string | undefined }>;
  change(
    id: string,
    patch: Partial<Pick<AgentRecord, 'name' | 'role' | 'capacity' | 'enabled'>> & { password?: string },
  ): Promise<AgentRecord>;
  /** Ends all other sign-ins of the agent: whoever knew the old password is out. */
  changeOwnPassword(who: SignedIn, current: string, next: string): Promise<void>;
  /**
   * @param browser what the browser keeps of its last sign-in to this account, if it has one
   * @returns also what the browser is to keep
   * @throws Refusal `login-failed` for every reason; `too-many-requests`
   */
  signIn(
    email: string,
    password: string,
    address: string,
    browser?: string,
  ): Promise<{ token: string; browser: string } & SignedIn>;
  /** @throws Refusal `unauthorized` */
  authenticate(token: string): Promise<SignedIn>;
  signOut(token: string): Promise<void>;
  /** Called with the ids whose sign-ins have ended. */
  onRevoked(listener: (which: Revoked, by: ChangedBy) => void): void;
  /** Called when an agent was made or changed here. */
  onChange(listener: () => void): void;
  /** Takes over what other processes changed in the store. */
  reload(): Promise<void>;
  /** Another process ended these sign-ins. */
  revokedElsewhere(which: Revoked): void;
  /** Which of these sign-ins are still good in the store; those that are not are ended here. */
  recheck(sessionKeys: readonly string[]): Promise<void>;
}

/** The sign-ins of an agent (but for one, where one is named), or one of them. */
export interface Revoked {
  readonly agentId?: string;
  readonly exceptSessionKey?: string;
  readonly sessionKey?: string;
}

export async function createAgents(deps: { store: AgentStore; clock: Clock }): Promise<Agents> {
  const { store, clock } = deps;
  const agents = new Map((await store.all()).map((agent) => [agent.id, agent]));
  const byEmail = new Map([...agents.values()].map((agent) => [agent.email, agent.id]));
  /** Sign-ins in use: asked for with every request. */
  const sessions = new Map<string, { agentId: string; expiresAt: number }>();
  /** `since` on the clock that nobody sets. */
  const failures = new Map<string, { count: number; since: number }>();
  const listeners: Parameters<Agents['onRevoked']>[0][] = [];
  const changeListeners: (() => void)[] = [];
  await store.removeExpiredSessions(clock.now());

  function revoked(which: Revoked, by: ChangedBy = 'us'): void {
    for (const [key, { agentId }] of sessions) if (isRevoked(which, agentId, key)) sessions.delete(key);
    for (const listener of listeners) listener(which, by);
  }
  function changed(): void {
    for (const listener of changeListeners) listener();
  }

  function put(agent: AgentRecord): AgentRecord {
    agents.set(agent.id, agent);
    byEmail.set(agent.email, agent.id);
    return agent;
  }

  async function reload(): Promise<void> {
    const stored = await store.all();
    byEmail.clear();
    for (const agent of stored) put(agent);
  }

  function agentOf(id: string): AgentRecord {
    const agent = agents.get(id);
    if (agent === undefined) throw new Refusal('not-found', 'There is no such agent.');
    return agent;
  }

  function countFailure(key: string): void {
    const now = clock.elapsed();
    const known = failures.get(key);
    if (known === undefined || now - known.since > failureWindowMs) {
      if (failures.size >= maxTracked) failures.clear();
      failures.set(key, { count: 1, since: now });
    } else known.count += 1;
  }

  /** Whose wrong passwords are counted together: of a browser that is known, or of all others for the account. */
  function accountKey(email: string, browser: string | undefined): string {
    const agent = agents.get(byEmail.get(email) ?? '');
    const known =
      agent === undefined || browser === undefined ? undefined : recogniseBrowser(browser, agent.passwordHash);
    return known === undefined ? `email ${email}` : `browser ${known}`;
  }

  function forgiveFailure(key: string): void {
    const known = failures.get(key);
    if (known !== undefined) known.count -= 1;
  }

  function refuseWhenTooMany(what: keyof typeof maxFailures, key: string): void {
    const known = failures.get(key);
    if (known === undefined || known.count < maxFailures[what]) return;
    const retryAfterMs = known.since + failureWindowMs - clock.elapsed();
    if (retryAfterMs > 0) {
      throw new Refusal('too-many-requests', 'Too many attempts to sign in: try again later.', { retryAfterMs });
    }
    failures.delete(key);
  }

  async function endSessionsOf(agentId: string): Promise<void> {
    await store.removeSessionsOf(agentId);
    revoked({ agentId });
  }

  function lastAdmin(agent: AgentRecord): boolean {
    const admins = [...agents.values()].filter((other) => other.role === 'admin' && other.enabled);
    return admins.length === 1 && admins[0]?.id === agent.id;
  }

  return {
    all: () => [...agents.values()],
    get: (id) => agents.get(id),
    create: async (input) => {
      const madeUp = input.password === undefined ? makePassword() : undefined;
      const agent: AgentRecord = {
        id: newId(clock.now()),
        email: input.email.trim().toLowerCase(),
        name: input.name,
        role: input.role,
        passwordHash: await hashPassword(input.password ?? madeUp ?? ''),
        enabled: true,
        capacity: input.capacity,
        createdAt: clock.now(),
      };
      if (!(await store.insert(agent))) {
        throw new Refusal('conflict', 'email: there is an agent with this address already.', { field: 'email' });
      }
      put(agent);
      changed();
      return { agent, password: madeUp };
    },
    change: async (id, patch) => {
      agentOf(id);
      const { password, ...fields } = patch;
      const passwordHash = password === undefined ? undefined : await hashPassword(password);
      const agent = agentOf(id);
      const losesAdmin = fields.enabled === false || (fields.role !== undefined && fields.role !== 'admin');
      if (losesAdmin && lastAdmin(agent)) {
        throw new Refusal('conflict', 'This is the last administrator: make another one first.');
      }
      const next: AgentRecord = { ...agent, ...fields, ...(passwordHash === undefined ? {} : { passwordHash }) };
      // From here on it holds for everybody else: two who step down at once must see each other.
      put(next);
      await store.update(next).catch((error: unknown) => {
        put(agent);
        throw error;
      });
      changed();
      if (password !== undefined || next.enabled === false || next.role !== agent.role) await endSessionsOf(id);
      return next;
    },
    changeOwnPassword: async ({ agent: { id }, sessionKey }, current, next) => {
      const agent = agentOf(id);
      if (!(await checkPassword(current, agent.passwordHash))) {
        throw new Refusal('bad-request', 'password.current: this is not your password.', { field: 'password.current' });
      }
      const renewed = { ...agent, passwordHash: await hashPassword(next) };
      await store.update(renewed);
      put(renewed);
      changed();
      await store.removeSessionsOf(id, sessionKey);
      revoked({ agentId: id, exceptSessionKey: sessionKey });
    },
    signIn: async (email, password, address, browser) => {
      const wanted = email.trim().toLowerCase();
      const address_ = `address ${networkOf(address)}`;
      const account = accountKey(wanted, browser);
      refuseWhenTooMany('address', address_);
      refuseWhenTooMany('account', account);
      const floor = clock.sleep(refusalMs);
      // Counted before the check takes its time: those who try many at once meet the bound like anybody else.
      countFailure(address_);
      countFailure(account);
      // Another process may have made the agent, or changed the password, a moment ago.
      if (!byEmail.has(wanted)) await reload();
      const agent = agents.get(byEmail.get(wanted) ?? '');
      const isRight = await checkPassword(password, agent?.enabled === true ? agent.passwordHash : undefined);
      if (!isRight || agent === undefined) {
        await floor;
        throw new Refusal('login-failed', 'E-mail or password is wrong.');
      }
      failures.delete(account);
      forgiveFailure(address_);
      const token = randomBytes(32).toString('base64url');
      const session = {
        tokenHash: sessionKeyOf(token),
        agentId: agent.id,
        createdAt: clock.now(),
        expiresAt: clock.now() + sessionMs,
      };
      await store.insertSession(session);
      sessions.set(session.tokenHash, session);
      return {
        token,
        browser: rememberBrowser(agent.passwordHash),
        agent,
        sessionKey: session.tokenHash,
        expiresAt: session.expiresAt,
      };
    },
    authenticate: async (token) => {
      const sessionKey = sessionKeyOf(token);
      const session = sessions.get(sessionKey) ?? (await store.session(sessionKey));
      // Made by another process a moment ago.
      if (session !== undefined && !agents.has(session.agentId)) await reload();
      const agent = session === undefined ? undefined : agents.get(session.agentId);
      if (session === undefined || agent?.enabled !== true || session.expiresAt <= clock.now()) {
        sessions.delete(sessionKey);
        throw new Refusal('unauthorized', 'Sign in first: the token is missing, wrong or has expired.');
      }
      sessions.set(sessionKey, session);
      return { agent, sessionKey, expiresAt: session.expiresAt };
    },
    signOut: async (token) => {
      const sessionKey = sessionKeyOf(token);
      sessions.delete(sessionKey);
      await store.removeSession(sessionKey);
      revoked({ sessionKey });
    },
    onRevoked: (listener) => {
      listeners.push(listener);
    },
    onChange: (listener) => {
      changeListeners.push(listener);
    },
    reload,
    revokedElsewhere: (which) => revoked(which, 'others'),
    recheck: async (sessionKeys) => {
      const alive = new Set(await store.aliveSessions(sessionKeys));
      for (const sessionKey of sessionKeys) if (!alive.has(sessionKey)) revoked({ sessionKey }, 'others');
    },
  };
}

/** Whether a sign-in is one of those that have ended. */
export function isRevoked(which: Revoked, agentId: string, sessionKey: string): boolean {
  if (sessionKey === which.sessionKey) return true;
  return agentId === which.agentId && sessionKey !== which.exceptSessionKey;
}

function sessionKeyOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
