import { Module } from '@nestjs/common';
import {
  Followers,
  FollowersController,
  Following,
  FollowingController,
  FollowStore,
} from './followers/index.js';
import { MentionBehaviour, Mentions, MentionsController } from './mentions/index.js';
import './record-types.js';
import { TagBehaviour, Tags, TagsController, TagStore } from './tags/index.js';
import { SavedViews, ViewsController, ViewStore } from './views/index.js';

/** What people do around records of any type: tag, mention, follow, and keep views. */
@Module({
  controllers: [
    TagsController,
    MentionsController,
    FollowersController,
    FollowingController,
    ViewsController,
  ],
  providers: [
    TagBehaviour,
    TagStore,
    Tags,
    MentionBehaviour,
    Mentions,
    FollowStore,
    Followers,
    Following,
    ViewStore,
    SavedViews,
  ],
})
export class SocialModule {}
