/** Streaming from a directory, as `npm run bench -- streaming` measures it. */
import { measureStreaming } from '../streaming.ts';
import { answerParent } from './inChild.ts';

answerParent(async (options: Record<string, number>) => {
  const { speed, firstByte, name, isRight } = await measureStreaming((option) => options[option] ?? Number.NaN);
  return { speed, firstByte, name, isRight };
});
