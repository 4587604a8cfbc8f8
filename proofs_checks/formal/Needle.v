(* The hidden needle: one response of base mass 1/C that pays 1, and others, equally likely, that pay nothing.

   The needle is [None], the others are [Some y] for [y] in a list of any length but zero. *)

From Coq Require Import Reals Lra List.
From ExploreTheory Require Import Sums Laws.
Import ListNotations.
Open Scope R_scope.

Section Needle.
Context {A : Type}.
Variables (others : list A) (C beta : R).

Definition responses : list (option A) := None :: map Some others.

Definition needle_base (y : option A) : R :=
  match y with None => 1 / C | Some _ => (1 - 1 / C) / INR (length others) end.

(* What a parameter theta says of a response, <theta, phi(y)>: [s] of the needle, nothing of the others. *)
Definition score (s : R) (y : option A) : R := match y with None => s | Some _ => 0 end.

(* With which probability a strong call at theta returns the needle: pi_theta is proportional to
   pi_ref exp(<theta, phi>/beta). *)
Definition hit (s : R) : R := optimal responses needle_base (score s) beta None.

Hypothesis some : others <> [].
Hypothesis rare : 1 < C.

Lemma count_pos : 0 < INR (length others).
Proof. apply lt_0_INR. destruct others; [contradiction|simpl; apply Nat.lt_0_succ]. Qed.

Lemma of_others (c : R) : sum others (fun _ => c) = INR (length others) * c.
Proof.
  clear. induction others as [|a l IH]; [simpl; ring|].
  change (length (a :: l)) with (S (length l)). rewrite S_INR. simpl. rewrite IH. ring.
Qed.

Lemma needle_law : is_law responses needle_base.
Proof.
  pose proof count_pos.
  assert (below : 1 / C < 1) by (apply (Rmult_lt_reg_r C); [lra|field_simplify; lra]).
  assert (0 < 1 / C) by (apply Rdiv_lt_0_compat; lra).
  split.
  - intros [y|] _; simpl; [|lra]. apply Rlt_le, Rdiv_lt_0_compat; lra.
  - unfold responses; simpl. rewrite sum_map; simpl. rewrite of_others. field; lra.
Qed.

Lemma hit_is s : hit s = exp (s / beta) / (exp (s / beta) + C - 1).
Proof.
  pose proof count_pos. pose proof (exp_pos (s / beta)).
  unfold hit, optimal.
  replace (partition responses needle_base (score s) beta) with ((exp (s / beta) + C - 1) / C).
  - simpl. field. split; lra.
  - unfold partition, mean, responses; simpl. rewrite sum_map; simpl.
    rewrite of_others. replace (0 / beta) with 0 by (unfold Rdiv; ring). rewrite exp_0. field. lra.
Qed.

End Needle.

Ltac expand_needle := cbv [responses needle_base score hit map length INR]; expand.
