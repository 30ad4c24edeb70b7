/** Who calls. */
export type Caller = Anonymous | SignedIn | Scheduler;

export interface Anonymous {
  kind: 'anonymous';
  ticket?: HeldTicket;
}

export interface SignedIn {
  kind: 'user';
  uid: string;
  role: Role;
  ticket?: HeldTicket;
}

/** The ticket for one song that the caller came with. He might play the song when it was made. */
export interface HeldTicket {
  songId: string;
  issuedAt: string;
}

/** Cloud Scheduler, by its OIDC token. */
export interface Scheduler {
  kind: 'scheduler';
}

export type Role = 'user' | 'admin';

/** Who may call a function at all. `public`: a token is optional, but one that is sent must be good. */
export type Access = 'public' | 'user' | 'admin' | 'scheduler';

/** The callers that a function with this access can meet. */
export type CallerOf<A extends Access> = {
  public: Anonymous | SignedIn;
  user: SignedIn;
  admin: SignedIn;
  scheduler: Scheduler;
}[A];
