import { runReadingThread } from './reading-thread.ts'

// The thread of a service that does not look into policies.
await runReadingThread()
