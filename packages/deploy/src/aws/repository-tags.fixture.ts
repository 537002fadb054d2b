import { DescribeImagesCommand, type ECRClient, PutImageCommand } from '@aws-sdk/client-ecr';
import type { AwsClientStub } from 'aws-sdk-client-mock';

/** A repository that knows its tags: what is put under one is found there. */
export function keepTags(ecr: AwsClientStub<ECRClient>, tags: Map<string, string>): void {
  ecr.on(DescribeImagesCommand).callsFake(({ imageIds: [image] }: { imageIds: { imageTag: string }[] }) => {
    const imageDigest = tags.get(image!.imageTag);
    if (imageDigest === undefined) throw Object.assign(new Error('no'), { name: 'ImageNotFoundException' });
    return { imageDetails: [{ imageDigest }] };
  });
  ecr.on(PutImageCommand).callsFake(({ imageTag, imageDigest }: { imageTag: string; imageDigest: string }) => {
    tags.set(imageTag, imageDigest);
    return Promise.resolve({});
  });
}
