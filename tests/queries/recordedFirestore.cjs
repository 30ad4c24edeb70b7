/**
 * Stands for `@google-cloud/firestore` in jest's moduleNameMapper: the same module, with a listener on what it sends. Test files that
 * never load Firestore thus do not pay for it.
 */
const firestore = require('../../node_modules/@google-cloud/firestore');
const { recordQueryShapes } = require('./queryShapes.ts');

recordQueryShapes(firestore.Firestore);

module.exports = firestore;
