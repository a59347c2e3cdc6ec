import { newId } from '../base/ids.ts';
import type { Config } from '../config.ts';
import type { Engines } from '../engines.ts';
import type { Channels } from '../gateway/channels.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { Agents } from '../identity/agents.ts';

/**
 * What an empty installation begins with: somebody who can sign in, and a web chat.
 *
 * @param epoch of the store: it began with nothing
 * @returns the password that was made up
 */
export async function firstStart(deps: {
  config: Pick<Config, 'adminEmail' | 'adminPassword'>;
  meta: Engines['store']['meta'];
  epoch: string;
  agents: Agents;
  channels: Channels;
}): Promise<{ password: string | undefined }> {
  const { config, meta, epoch, agents, channels } = deps;
  let password: string | undefined;
  if (agents.all().length === 0) password = await firstAgent(agents, config);
  const mark = await meta.getOrSet('first-channel', epoch);
  if (mark === epoch && channels.all().length === 0) {
    // Processes that start at once make the same one.
    const id = await meta.getOrSet('first-channel-id', newId());
    await channels.create({ id, type: 'web', name: 'Web chat', settings: {}, enabled: true });
  }
  return { password };
}

async function firstAgent(
  agents: Agents,
  { adminEmail, adminPassword }: Pick<Config, 'adminEmail' | 'adminPassword'>,
): Promise<string | undefined> {
  const password = adminPassword === undefined ? {} : { password: adminPassword };
  try {
    const made = await agents.create({ email: adminEmail, name: 'Admin', role: 'admin', capacity: 20, ...password });
    return made.password;
  } catch (error) {
    if (!(error instanceof Refusal && error.code === 'conflict')) throw error;
    // Another process started at the same moment and was first.
    await agents.reload();
    return undefined;
  }
}
