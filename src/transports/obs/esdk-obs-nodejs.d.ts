declare module 'esdk-obs-nodejs' {
  import type { ClientRequest } from 'node:http';

  interface CallResult {
    /** The texts are of any kind when the answer is not what it should be. */
    CommonMsg: { Status: number; Code?: unknown; Message?: unknown };
    InterfaceResult?: Readonly<Record<string, unknown>>;
  }

  interface Target {
    Bucket: string;
    Key: string;
    RequestHook?: (request: ClientRequest) => void;
  }

  export default class ObsClient {
    constructor(options: {
      access_key_id: string;
      secret_access_key: string;
      server: string;
      path_style: boolean;
      signature: 'obs' | 'v2';
      ssl_verify: boolean;
      max_retry_count: number;
      timeout: number;
      long_conn_param: number;
    });
    listObjects(target: Omit<Target, 'Key'> & { Prefix: string; Marker: string; MaxKeys: number }): Promise<CallResult>;
    getObjectMetadata(target: Target): Promise<CallResult>;
    initiateMultipartUpload(target: Target & { Metadata: Record<string, string> }): Promise<CallResult>;
    listParts(target: Target & { UploadId: string; PartNumberMarker: number }): Promise<CallResult>;
    completeMultipartUpload(
      target: Target & { UploadId: string; Parts: { PartNumber: number; ETag: string }[] },
    ): Promise<CallResult>;
    abortMultipartUpload(target: Target & { UploadId: string }): Promise<CallResult>;
    listMultipartUploads(target: Omit<Target, 'Key'> & { Prefix: string }): Promise<CallResult>;
    createSignedUrlSync(target: {
      Method: 'GET' | 'PUT';
      Bucket: string;
      Key: string;
      /** Seconds. */
      Expires: number;
      Headers?: Readonly<Record<string, string>>;
      QueryParams?: Readonly<Record<string, string>>;
    }): { SignedUrl: string };
    close(): void;
  }
}
