/** Two places of the database that contradict each other. It names ids and figures, never a person or a text. */
export interface Discrepancy<Kind extends string = string> {
  kind: Kind;
  uid?: string;
  generationId?: string;
  /** The document in `ledger/`, when it is at fault by itself. */
  entryId?: string;
  said: string;
  found: string;
}
