/** Whoever looks into the knowledge base, with what decides about what they see. */
export interface Viewer {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  /** Administrators are, too. */
  readonly isSupervisor: boolean;
  /** Skill groups that they are a member of. */
  readonly groupIds: ReadonlySet<string>;
}
