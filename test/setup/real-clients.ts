import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { ECRClient } from '@aws-sdk/client-ecr';
import { ECSClient } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { IAMClient } from '@aws-sdk/client-iam';
import { RDSClient } from '@aws-sdk/client-rds';
import { S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import { afterAll } from 'vitest';

const clients = [
  ApplicationAutoScalingClient,
  CloudFrontClient,
  CloudWatchClient,
  CloudWatchLogsClient,
  ECRClient,
  ECSClient,
  ElasticLoadBalancingV2Client,
  IAMClient,
  RDSClient,
  S3Client,
  STSClient,
];

// files of tests share a process: a `send` that one of them has mocked covers the inherited one, and must not answer the next
afterAll(() => {
  for (const { prototype } of clients) Reflect.deleteProperty(prototype, 'send');
});
