import type { Clock } from '../../base/clock.ts';
import { Refusal } from '../../gateway/refusal.ts';
import { changeSettings, defaultModelSettings, type ModelSettings, readStoredSettings } from './model-settings.ts';
import type { Sealing } from './sealed-secret.ts';

/** Small named texts of the installation. */
export interface Notes {
  get(name: string): Promise<string | undefined>;
  set(name: string, value: string): Promise<void>;
}

export interface ModelConfig {
  readonly settings: ModelSettings;
  /** undefined: none is set, or it cannot be read any more. */
  readonly apiKey: string | undefined;
  /** `unreadable`: it was sealed with another PARLEY_SECRET, and must be entered again. */
  readonly keyState: 'none' | 'set' | 'unreadable';
}

/** The language model's settings: at most some seconds old where another process changes them. */
export interface ModelConfigs {
  current(): Promise<ModelConfig>;
  /**
   * @param patch what changes; `apiKey` is write-only: absent or in its shown form it stays, null takes it away
   * @throws Refusal `settings-invalid` with the field
   */
  change(patch: unknown): Promise<ModelConfig>;
  /** The same without keeping it: for a test of what is not saved yet. */
  preview(patch: unknown): Promise<ModelConfig>;
}

const noteName = 'language-model';
/** A request takes about as long. */
const lookAgainMs = 2_000;
const mostKey = 4_000;

type Stored = { readonly settings: unknown; readonly sealedKey?: string };

export function createModelConfigs(deps: { notes: Notes; sealing: Sealing; clock: Clock }): ModelConfigs {
  const { notes, sealing, clock } = deps;
  let known: { config: ModelConfig; sealedKey: string | undefined; at: number } | undefined;
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    const text = await notes.get(noteName);
    const stored = text === undefined ? { settings: {} } : (JSON.parse(text) as Stored);
    hold(readStoredSettings(stored.settings), stored.sealedKey);
  }

  function hold(settings: ModelSettings, sealedKey: string | undefined): ModelConfig {
    const apiKey = sealedKey === undefined ? undefined : sealing.open(sealedKey);
    const keyState = sealedKey === undefined ? 'none' : apiKey === undefined ? 'unreadable' : 'set';
    const config: ModelConfig = { settings, apiKey, keyState };
    known = { config, sealedKey, at: clock.elapsed() };
    return config;
  }

  async function fresh(): Promise<NonNullable<typeof known>> {
    if (known === undefined || clock.elapsed() - known.at >= lookAgainMs) {
      looking ??= look().finally(() => {
        looking = undefined;
      });
      await looking;
    }
    return (
      known ?? {
        config: { settings: defaultModelSettings, apiKey: undefined, keyState: 'none' },
        sealedKey: undefined,
        at: 0,
      }
    );
  }

  async function changed(patch: unknown): Promise<{ settings: ModelSettings; sealedKey: string | undefined }> {
    if (typeof patch !== 'object' || patch === null || Array.isArray(patch))
      throw new Refusal('settings-invalid', 'expected an object.');
    const { apiKey, ...rest } = patch as Record<string, unknown>;
    await look();
    const { config, sealedKey } = await fresh();
    return { settings: changeSettings(config.settings, rest), sealedKey: nextKey(sealedKey, apiKey) };
  }

  function nextKey(sealedKey: string | undefined, given: unknown): string | undefined {
    if (given === null) return undefined;
    const isShownForm = typeof given === 'object' && 'set' in given;
    if (given === undefined || given === '' || isShownForm) return sealedKey;
    if (typeof given !== 'string' || given.length > mostKey || !/^[\x21-\x7e]+$/.test(given))
      throw new Refusal('settings-invalid', `apiKey: expected up to ${mostKey} characters without blanks.`, {
        field: 'apiKey',
      });
    return sealing.seal(given);
  }

  return {
    current: async () => (await fresh()).config,
    change: async (patch) => {
      const { settings, sealedKey } = await changed(patch);
      const stored: Stored = { settings, ...(sealedKey === undefined ? {} : { sealedKey }) };
      await notes.set(noteName, JSON.stringify(stored));
      return hold(settings, sealedKey);
    },
    preview: async (patch) => {
      const { settings, sealedKey } = await changed(patch);
      const apiKey = sealedKey === undefined ? undefined : sealing.open(sealedKey);
      return { settings, apiKey, keyState: apiKey === undefined ? 'none' : 'set' };
    },
  };
}
