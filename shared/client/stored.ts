/**
 * A thing as its Firestore document has it: the wire's fields, with Firestore's own form of time. `Stored<Song, Timestamp>` is what
 * `onSnapshot` gives for `songs/{songId}`.
 */
export type Stored<Thing, Time> = { [Field in keyof Thing]: Field extends `${string}At` ? Time : Thing[Field] };
