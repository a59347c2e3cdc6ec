/** A thing that customers ask about (`type` is the shop's word), or, of type `attribute`, what they ask about it. */
export interface GraphNode {
  readonly id: string;
  readonly type: string;
  /** By language, as BCP 47 tags; at least one. */
  readonly names: Readonly<Record<string, string>>;
  readonly synonyms: readonly string[];
}

/** When something holds: from the first instant (epoch milliseconds) to before the second; null is without bound. */
export interface Validity {
  readonly validFrom: number | null;
  readonly validTo: number | null;
}

/** Leads from one node to another. Along `is-a` and `part-of` answers are inherited. */
export interface GraphRelation extends Validity {
  readonly id: string;
  readonly from: string;
  readonly type: string;
  readonly to: string;
  /** Where it is known from. */
  readonly source: string | null;
}

/** What is said when somebody asks for an attribute of a node. */
export interface GraphAnswerEntry extends Validity {
  readonly id: string;
  readonly node: string;
  readonly attribute: string;
  readonly language: string;
  readonly text: string;
  readonly source: string | null;
}

export interface GraphContent {
  readonly nodes: readonly GraphNode[];
  readonly relations: readonly GraphRelation[];
  readonly answers: readonly GraphAnswerEntry[];
}

export const emptyGraph: GraphContent = { nodes: [], relations: [], answers: [] };

/** The type of nodes that are asked for, and not about. */
export const attributeType = 'attribute';
/** Relations along which answers are inherited; they lead in no circle. */
export const inheriting: ReadonlySet<string> = new Set(['is-a', 'part-of']);
/** A node inherits from no further than this. */
export const mostSteps = 6;
/** What one graph may hold: it is kept in memory by every process. */
export const mostNodes = 20_000;
export const mostRelations = 60_000;
export const mostAnswers = 60_000;

export const holdsAt = ({ validFrom, validTo }: Validity, now: number): boolean =>
  (validFrom === null || validFrom <= now) && (validTo === null || now < validTo);
