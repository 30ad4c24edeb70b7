/** A bucket as a process of its own, which a test may kill at any moment. It trusts the same accounts as the test's local Google. */
import { startGcs } from '../../scripts/local/gcs/index.ts';
import { startGoogle } from '../../scripts/local/google/index.ts';
import { servePart } from '../../scripts/local/processes/part.ts';

export interface StorageInput {
  directory: string;
  /** Where the test's local Google keeps its accounts. They are only read here. */
  googleDirectory: string;
  bucket: string;
}

export interface StorageReady {
  url: string;
}

servePart<StorageInput, StorageReady>(async ({ directory, googleDirectory, bucket }) => {
  const google = await startGoogle({ directory: googleDirectory });
  const gcs = await startGcs({ directory, google });
  await gcs.createBucket(bucket);
  return {
    ready: { url: gcs.url },
    close: async () => {
      await gcs.close();
      await google.close();
    },
  };
});
