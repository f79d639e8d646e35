//! The approval of a plan: the only maker of an [`ApprovedPlan`].
//!
//! In: findings and unchecked rules, or a sealed plan that carries both. Out: whether it may be
//! applied. A plan's own word for it is not enough: it is worked out again from what the plan says
//! it found.
