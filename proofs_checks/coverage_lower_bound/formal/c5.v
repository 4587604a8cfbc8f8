(* C5: the optimal policy of the hidden-needle problem misses the needle with probability at most
   (C - 1) exp(-1/beta), for every number of responses, every C > 1 and every beta > 0. *)

From Coq Require Import Reals Lra List.
From ExploreTheory Require Import Sums Laws Needle.
Import ListNotations.
Open Scope R_scope.

(* The optimal policy's mass on the needle, which pays 1 where the others pay nothing. *)
Definition q {A} (others : list A) (C beta : R) : R :=
  optimal (responses others) (needle_base others C) (score 1) beta None.

(* The mass off the needle, which is the sum over the others. *)
Definition miss {A} (others : list A) (C beta : R) : R :=
  sum (map Some others) (optimal (responses others) (needle_base others C) (score 1) beta).

Lemma miss_is {A} (others : list A) C beta : others <> [] -> 1 < C ->
  miss others C beta = 1 - q others C beta /\ 1 - q others C beta = (C - 1) / (exp (1 / beta) + C - 1).
Proof.
  intros some rare. split.
  - pose proof (optimal_law _ _ (score 1) beta (needle_law others C some rare)) as [_ one].
    unfold miss, q. unfold responses in one at 1; simpl in one. fold (responses others) in one. lra.
  - change (q others C beta) with (hit others C beta 1).
    rewrite hit_is by assumption. pose proof (exp_pos (1 / beta)). field. lra.
Qed.

Theorem c5 {A : Type} (others : list A) (C beta : R) :
  others <> [] -> 1 < C -> 0 < beta ->
  1 - q others C beta = (C - 1) / (exp (1 / beta) + C - 1) /\
  miss others C beta = 1 - q others C beta /\
  1 - q others C beta <= (C - 1) * exp (- (1 / beta)).
Proof.
  intros some rare temperature.
  destruct (miss_is others C beta some rare) as [whole formula].
  split; [exact formula|split; [exact whole|]].
  rewrite formula, exp_Ropp. pose proof (exp_pos (1 / beta)).
  unfold Rdiv. apply Rmult_le_compat_l; [lra|]. apply Rinv_le_contravar; lra.
Qed.

(* --- false variants, at one other response ----------------------------------------------------------- *)

From ExploreTheory Require Import Bounds.

Definition always (at_most : R -> R -> R) : Prop :=
  forall (others : list unit) C beta,
  others <> [] -> 1 < C -> 0 < beta -> 1 - q others C beta <= at_most C beta.

Lemma refuted_by_example C beta at_most :
  1 < C -> 0 < beta -> at_most C beta < (C - 1) / (exp (1 / beta) + C - 1) -> ~ always at_most.
Proof.
  intros rare temperature less says. revert less. apply Rle_not_lt.
  rewrite <- (proj2 (miss_is [tt] C beta ltac:(discriminate) rare)).
  apply says; [discriminate|assumption..].
Qed.

(* exp(-1/beta), the odds forgotten. *)
Theorem not_without_odds : ~ always (fun C beta => exp (- (1 / beta))).
Proof. apply (refuted_by_example 10 (1 / 4)); [lra|lra|bounds]. Qed.

(* The exponent at beta/2. *)
Theorem not_at_temperature_halved : ~ always (fun C beta => (C - 1) * exp (- (1 / (beta / 2)))).
Proof. apply (refuted_by_example 2 1); [lra|lra|bounds]. Qed.
