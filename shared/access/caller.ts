/** Who calls. */
export type Caller = Anonymous | SignedIn | Scheduler;

export interface Anonymous {
  kind: 'anonymous';
}

export interface SignedIn {
  kind: 'user';
  uid: string;
  role: Role;
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
