/** The heavy part, in a module of its own so that it can be loaded late: a bundler gives a late import of CommonJS no named exports. */
export { AggregateField, FieldValue, Firestore } from '@google-cloud/firestore';
