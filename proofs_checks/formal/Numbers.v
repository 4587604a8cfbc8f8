(* Bounds on exponentials and logarithms of given rational numbers, by powers: what counter-examples need,
   and no axioms but those of the reals (unlike the tactic [interval], which computes with machine numbers). *)

From Coq Require Import Reals Lra Lia.
Open Scope R_scope.

(* [(1 + x/2^k)^(2^k) <= e^x], by squaring. *)
Fixpoint squared (k : nat) (x : R) : R := match k with O => x | S m => squared m (x * x) end.

Lemma squared_le k x y : 0 <= x <= y -> squared k x <= squared k y.
Proof. revert x y; induction k as [|k IH]; intros x y H; simpl; [lra|]. apply IH. nra. Qed.

Lemma squared_exp k x : squared k (exp (x / 2 ^ k)) = exp x.
Proof.
  revert x; induction k as [|k IH]; intros x; simpl; [f_equal; field|].
  rewrite <- exp_plus. rewrite <- (IH x). f_equal. f_equal. field. apply pow_nonzero. lra.
Qed.

Lemma exp_from_below k x : 0 <= 1 + x / 2 ^ k -> squared k (1 + x / 2 ^ k) <= exp x.
Proof.
  intros H. rewrite <- (squared_exp k x). apply squared_le. split; [exact H|]. apply exp_ineq1_le.
Qed.

(* [ln y <= x] if [y <= (1 + x/2^k)^(2^k)]. *)
Lemma ln_at_most_by k y x : 0 < y -> 0 <= 1 + x / 2 ^ k -> y <= squared k (1 + x / 2 ^ k) -> ln y <= x.
Proof.
  intros Hy Hk H. assert (H1 := exp_from_below k x Hk).
  rewrite <- (ln_exp x). destruct (Rle_lt_or_eq_dec y (exp x) ltac:(lra)) as [Hlt|Heq].
  - left. apply ln_increasing; assumption.
  - right. f_equal. exact Heq.
Qed.

(* [x <= ln y] if [1 <= y (1 - x/2^k)^(2^k)]. *)
Lemma ln_at_least_by k y x : 0 < y -> 0 <= 1 - x / 2 ^ k -> 1 <= y * squared k (1 - x / 2 ^ k) -> x <= ln y.
Proof.
  intros Hy Hk H.
  assert (H1 : 1 + - x / 2 ^ k = 1 - x / 2 ^ k) by (field; apply pow_nonzero; lra).
  assert (H2 := exp_from_below k (- x)). rewrite H1 in H2. specialize (H2 Hk).
  assert (H3 : y * squared k (1 - x / 2 ^ k) <= y * exp (- x)) by (apply Rmult_le_compat_l; lra).
  rewrite exp_Ropp in H3. assert (Hx := exp_pos x).
  assert (H4 : exp x <= y).
  { apply (Rmult_le_reg_r (/ exp x)); [apply Rinv_0_lt_compat; assumption|].
    rewrite Rinv_r by lra. lra. }
  rewrite <- (ln_exp x). destruct H4 as [Hlt|Heq]; [left; apply ln_increasing; assumption | right; f_equal; exact Heq].
Qed.

Lemma ln_2_below : ln 2 < 7 / 10.
Proof.
  apply Rle_lt_trans with (699 / 1000); [|lra]. apply (ln_at_most_by 6); simpl; lra.
Qed.
