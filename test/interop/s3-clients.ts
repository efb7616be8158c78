import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './foreign-process.ts';

export interface S3Place {
  readonly url: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

/** A foreign program that copies directories to and from a bucket. */
export interface S3Client {
  readonly name: string;
  makeBucket(bucket: string): Promise<unknown>;
  /** Puts what lies in the directory below the prefix. */
  put(directory: string, bucket: string, prefix: string): Promise<unknown>;
  /** Gets what lies below the prefix into the directory. */
  get(bucket: string, prefix: string, directory: string): Promise<unknown>;
}

export async function rclone(place: S3Place, home: string): Promise<S3Client> {
  const config = join(home, 'rclone.conf');
  const keys = `access_key_id = ${place.accessKey}\nsecret_access_key = ${place.secretKey}\n`;
  const url = `endpoint = ${place.url}\nforce_path_style = true\n`;
  await writeFile(config, `[s3]\ntype = s3\nprovider = Other\n${keys}${url}`);
  // It refuses to start with a bundle of certificates from the environment.
  const call = (...args: string[]) =>
    run({ command: 'env', args: ['-u', 'AWS_CA_BUNDLE', 'rclone', '--config', config, ...args] });
  return {
    name: 'rclone',
    makeBucket: bucket => call('mkdir', `s3:${bucket}`),
    // A part of 5 MiB is the smallest that it knows: what is larger goes up in several.
    put: (directory, bucket, prefix) =>
      call('copy', '--s3-chunk-size', '5Mi', '--s3-upload-cutoff', '5Mi', directory, `s3:${bucket}/${prefix}`),
    get: (bucket, prefix, directory) => call('copy', `s3:${bucket}/${prefix}`, directory),
  };
}

export async function s3cmd(place: S3Place, home: string): Promise<S3Client> {
  const config = join(home, 's3cmd.conf');
  const { host } = new URL(place.url);
  const keys = `access_key = ${place.accessKey}\nsecret_key = ${place.secretKey}\n`;
  await writeFile(config, `[default]\n${keys}host_base = ${host}\nhost_bucket = ${host}\nuse_https = False\n`);
  const call = (...args: string[]) =>
    run({ command: 's3cmd', args: ['--config', config, '--no-progress', '--encoding', 'UTF-8', ...args] });
  return {
    name: 's3cmd',
    makeBucket: bucket => call('mb', `s3://${bucket}`),
    put: (directory, bucket, prefix) => call('sync', `${directory}/`, `s3://${bucket}/${prefix}/`),
    get: (bucket, prefix, directory) => call('sync', `s3://${bucket}/${prefix}/`, `${directory}/`),
  };
}
