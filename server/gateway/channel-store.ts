/** One configured channel as it is stored. `settings` hold the secrets too: never shown as they are. */
export interface ChannelRecord {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly enabled: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface ChannelStore {
  all(): Promise<ChannelRecord[]>;
  save(record: ChannelRecord): Promise<void>;
  /** Its conversations stay; its settings, secrets included, are gone. */
  remove(id: string, at: number): Promise<void>;
}
