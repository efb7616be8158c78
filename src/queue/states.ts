/** State directories, in the order of a task's life (BD rows). The directory is the state. */
export const SENDING = ['queues', 'uploading', 'uploaded', 'history'] as const;
export const RECEIVING = ['queues', 'downloading', 'downloaded', 'history'] as const;

export type SendingState = (typeof SENDING)[number];
export type ReceivingState = (typeof RECEIVING)[number];
