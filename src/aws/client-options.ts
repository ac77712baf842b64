// How every AWS SDK client of the product is made. Region, endpoint and credentials come from the environment.

/** Throttled and failed calls are made again with growing, random pauses: up to 8 times in all. */
export const CLIENT_OPTIONS = { retryMode: "standard", maxAttempts: 8 } as const;

/** Path style, since an emulator has no host name per bucket. */
export const S3_CLIENT_OPTIONS = { ...CLIENT_OPTIONS, forcePathStyle: true } as const;

/** Queues of the product stand in its region; an emulator names them by a host that may not be the one it listens on. */
export const SQS_CLIENT_OPTIONS = { ...CLIENT_OPTIONS, useQueueUrlAsEndpoint: false } as const;
