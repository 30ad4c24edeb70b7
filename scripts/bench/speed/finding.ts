/** One line of DESIGN §13: what was to be reached, and what was. */
export interface Finding {
  what: string;
  goal: string;
  measured: string;
  /** For data: the figure that is held against the goal. */
  value: number;
  isMet: boolean;
  /** Of the others at most two may be missed. */
  isMust: boolean;
}

interface Bound {
  what: string;
  goal: string;
  value: number;
  atMost?: number;
  atLeast?: number;
  measured: string;
  isMust?: boolean;
}

export function finding({ what, goal, value, atMost, atLeast, measured, isMust = false }: Bound): Finding {
  const isMet = value <= (atMost ?? Number.POSITIVE_INFINITY) && value >= (atLeast ?? Number.NEGATIVE_INFINITY);
  return { what, goal, measured, value: Number(value.toPrecision(4)), isMet, isMust };
}
