/** Where a node is drawn, in pixels. */
export interface Placed {
  readonly id: string;
  readonly x: number;
  readonly y: number;
}

const rounds = 220;
/** Boxes are wider than high: what is apart sideways needs more room. */
const [spreadX, spreadY] = [190, 96];

/**
 * Lays out a graph: nodes push each other away and relations pull together, cooling down (Fruchterman and Reingold, 1991).
 * The same graph is laid out the same: it begins on a spiral in the order of the nodes.
 */
export function layOut(
  ids: readonly string[],
  links: readonly { readonly from: string; readonly to: string }[],
): Placed[] {
  const places = ids.map((id, at) => {
    const [angle, far] = [at * 2.399963, Math.sqrt(at + 0.5)];
    return { id, x: Math.cos(angle) * far, y: Math.sin(angle) * far };
  });
  const placeOf = new Map(places.map((place) => [place.id, place]));
  const pairs = links.flatMap(({ from, to }) => {
    const [a, b] = [placeOf.get(from), placeOf.get(to)];
    return a === undefined || b === undefined || a === b ? [] : [[a, b] as const];
  });
  for (let round = 0; round < rounds; round += 1) {
    const heat = 0.6 * (1 - round / rounds);
    const moves = new Map(places.map((place) => [place, { x: 0, y: 0 }]));
    const push = (a: (typeof places)[number], b: (typeof places)[number], force: (distance: number) => number) => {
      const [dx, dy] = [a.x - b.x || 0.01, a.y - b.y || 0.01];
      const distance = Math.max(0.05, Math.hypot(dx, dy));
      const strength = force(distance) / distance;
      for (const [place, sign] of [
        [a, 1],
        [b, -1],
      ] as const) {
        const move = moves.get(place);
        if (move === undefined) continue;
        move.x += sign * dx * strength;
        move.y += sign * dy * strength;
      }
    };
    for (const [at, a] of places.entries())
      for (const b of places.slice(at + 1)) push(a, b, (distance) => 1 / distance);
    for (const [a, b] of pairs) push(a, b, (distance) => -(distance ** 2) * 0.5);
    for (const [place, move] of moves) {
      // What nothing joins would drift away for ever.
      const [x, y] = [move.x - place.x * 0.05, move.y - place.y * 0.05];
      const size = Math.hypot(x, y);
      if (size === 0) continue;
      place.x += (x / size) * Math.min(size, heat);
      place.y += (y / size) * Math.min(size, heat);
    }
  }
  return places.map(({ id, x, y }) => ({ id, x: Math.round(x * spreadX), y: Math.round(y * spreadY) }));
}
