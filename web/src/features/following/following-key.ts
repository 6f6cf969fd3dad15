export const followingKey = ['following'] as const;
