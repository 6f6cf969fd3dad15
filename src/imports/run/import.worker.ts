// Runs imports from the queue, and puts those back that a dead server left behind: the queue may have been lost.
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { JobHandler, JobQueue, type Job } from '../../platform/queue/index.js';
import { importJob, type ImportJobData } from './import.job.js';
import { ImportRunner } from './import.runner.js';
import { ImportStore } from './import.store.js';

const reconcileEveryMs = 15_000;
