/** Clients of Firestore's administration and of its databases, in a module of their own so that they can be loaded late. */
import * as firestore from '@google-cloud/firestore';
import { grpc } from 'google-gax';

export interface AdminAddress {
  projectId: string;
  /** host:port of a stand-in without TLS; by default Google's own service. */
  endpoint?: string | undefined;
}

export type AdminClient = InstanceType<typeof firestore.v1.FirestoreAdminClient>;

/** The package loads `v1` when it is asked for, so Node does not see it among the module's names; a bundle does. */
function clients(): typeof firestore.v1 {
  const loaded: { v1?: typeof firestore.v1; default?: { v1?: typeof firestore.v1 } } = firestore as object;
  const v1 = loaded.v1 ?? loaded.default?.v1;
  if (!v1) throw new Error('@google-cloud/firestore has no v1 clients');
  return v1;
}

export function createAdminClient({ projectId, endpoint }: AdminAddress): AdminClient {
  const { FirestoreAdminClient } = clients();
  if (!endpoint) return new FirestoreAdminClient({ projectId });
  const [apiEndpoint = '', port] = endpoint.split(/:(?=\d+$)/);
  return new FirestoreAdminClient({ projectId, apiEndpoint, port: Number(port), sslCreds: grpc.credentials.createInsecure() });
}

export function createDatabaseClient(projectId: string, databaseId: string): firestore.Firestore {
  return new firestore.Firestore({ projectId, databaseId });
}

export const { Timestamp } = firestore;
