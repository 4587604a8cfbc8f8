(* C2: a strong call whose parameter has <theta, u> <= beta hits the needle with probability at most e/C, for
   every number of responses, every C > 1 and every beta > 0. *)

From Coq Require Import Reals Lra List.
From ExploreTheory Require Import Sums Laws Needle.
Import ListNotations.
Open Scope R_scope.

(* exp(s/beta)/(exp(s/beta) + C - 1) increases with s; at s = beta it is e/(e + C - 1). *)
Lemma increasing C v w : 1 < C -> v <= w -> exp v / (exp v + C - 1) <= exp w / (exp w + C - 1).
Proof.
  intros rare order. pose proof (exp_pos v). pose proof (exp_pos w).
  assert (exp v <= exp w) by (destruct order as [less|<-]; [apply Rlt_le, exp_increasing, less|lra]).
  apply (Rmult_le_reg_r ((exp v + C - 1) * (exp w + C - 1))); [apply Rmult_lt_0_compat; lra|].
  replace (exp v / (exp v + C - 1) * ((exp v + C - 1) * (exp w + C - 1))) with (exp v * (exp w + C - 1))
    by (field; lra).
  replace (exp w / (exp w + C - 1) * ((exp v + C - 1) * (exp w + C - 1))) with (exp w * (exp v + C - 1))
    by (field; lra).
  assert (exp v * (C - 1) <= exp w * (C - 1)) by (apply Rmult_le_compat_r; lra).
  lra.
Qed.

Lemma largest_at_most C : 1 < C -> exp 1 / (exp 1 + C - 1) <= exp 1 / C.
Proof.
  intros rare. pose proof (exp_ineq1_le 1).
  unfold Rdiv. apply Rmult_le_compat_l; [lra|]. apply Rinv_le_contravar; lra.
Qed.

Theorem c2 {A : Type} (others : list A) (C beta s : R) :
  others <> [] -> 1 < C -> 0 < beta -> s <= beta ->
  hit others C beta s = exp (s / beta) / (exp (s / beta) + C - 1) /\ hit others C beta s <= exp 1 / C.
Proof.
  intros some rare temperature off. rewrite (hit_is others C beta some rare s). split; [reflexivity|].
  apply (Rle_trans _ (exp 1 / (exp 1 + C - 1))); [|apply largest_at_most, rare].
  apply increasing; [exact rare|].
  apply (Rmult_le_reg_r beta); [exact temperature|].
  unfold Rdiv; rewrite Rmult_assoc, Rinv_l; lra.
Qed.

(* --- false variants, at one other response and s = beta or 2 beta ------------------------------------ *)

From ExploreTheory Require Import Bounds.

Definition always (factor : R) (at_most : R -> R) : Prop :=
  forall (others : list unit) C beta s,
  others <> [] -> 1 < C -> 0 < beta -> s <= factor * beta -> hit others C beta s <= at_most C.

Lemma refuted_by_example factor at_most :
  at_most 100 < exp (factor * 1 / 1) / (exp (factor * 1 / 1) + 100 - 1) -> ~ always factor at_most.
Proof.
  intros less says. revert less. apply Rle_not_lt.
  rewrite <- (hit_is [tt] 100 1) by (discriminate || lra).
  apply says; [discriminate|lra..].
Qed.

(* 1/C in place of e/C. *)
Theorem not_without_e : ~ always 1 (fun C => 1 / C).
Proof. apply refuted_by_example. bounds. Qed.

(* For s <= 2 beta. *)
Theorem not_wider : ~ always 2 (fun C => exp 1 / C).
Proof. apply refuted_by_example. bounds. Qed.

(* e/(C + e), where the maximum is e/(C + e - 1). *)
Theorem not_too_sharp : ~ always 1 (fun C => exp 1 / (C + exp 1)).
Proof. apply refuted_by_example. bounds. Qed.
