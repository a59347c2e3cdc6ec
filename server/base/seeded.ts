/**
 * Numbers in [0, 1) from a seed, for made-up data and tests that have to be the same each time: a linear congruential
 * generator (Numerical Recipes' constants). What is drawn for a simulation comes from a better one.
 */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}
