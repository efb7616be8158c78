declare module 'esdk-obs-nodejs' {
  /** Node's ClientRequest, as far as we need it to stop a call. */
  interface RunningRequest {
    destroy(error?: Error): unknown;
  }

  interface CallResult {
    CommonMsg: { Status: number; Code?: string; Message?: string };
    InterfaceResult?: Readonly<Record<string, unknown>>;
  }

  interface Target {
    Bucket: string;
    Key: string;
    RequestHook?: (request: RunningRequest) => void;
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
    putObject(
      target: Target & {
        SourceFile: string;
        ContentLength: number;
        Metadata: Record<string, string>;
        ContentMD5?: string;
      },
    ): Promise<CallResult>;
    initiateMultipartUpload(target: Target & { Metadata: Record<string, string> }): Promise<CallResult>;
    uploadPart(
      target: Target & { UploadId: string; PartNumber: number; SourceFile: string; Offset: number; PartSize: number },
    ): Promise<CallResult>;
    completeMultipartUpload(
      target: Target & { UploadId: string; Parts: { PartNumber: number; ETag: string }[] },
    ): Promise<CallResult>;
    abortMultipartUpload(target: Target & { UploadId: string }): Promise<CallResult>;
    listMultipartUploads(target: Omit<Target, 'Key'> & { Prefix: string }): Promise<CallResult>;
    createSignedUrlSync(target: { Method: 'GET'; Bucket: string; Key: string; Expires: number }): { SignedUrl: string };
    close(): void;
  }
}
