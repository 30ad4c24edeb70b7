import { AggregateField, type AggregateQuery, type Firestore } from '@google-cloud/firestore';

/** A person's entries, added up by the database. Loaded late: most functions start without the weight of the client. */
export function sumOfEntries(db: Firestore, uid: string): AggregateQuery<{ sum: AggregateField<number>; count: AggregateField<number> }> {
  const entries = db.collection('ledger').where('uid', '==', uid);
  return entries.aggregate({ sum: AggregateField.sum('amount'), count: AggregateField.count() });
}
