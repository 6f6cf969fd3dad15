import './campaign.record.js';
import './campaign-member.record.js';
export { CampaignBehaviour } from './campaign.behaviour.js';
export { CampaignMemberBehaviour, isAnswer } from './campaign-member.behaviour.js';
