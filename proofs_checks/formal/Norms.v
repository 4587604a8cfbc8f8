(* The norm of a positive definite matrix and of its inverse, and Cauchy and Schwarz's inequality between the
   two: [<u, v>^2 <= |u|_A^2 |v|_{A^{-1}}^2]. *)

From Coq Require Import Reals Lra Lia.
From ExploreTheory Require Import Matrices.
Open Scope R_scope.

(* [|u|_A^2 = u^T A u] *)
Definition form (d : nat) (A : matrix) (u : vector) : R := dot d u (times d A u).

Lemma dot_comm d u v : dot d u v = dot d v u.
Proof. apply sum_below_ext. intros. ring. Qed.

Lemma dot_plus d u v w : dot d u (fun i => v i + w i) = dot d u v + dot d u w.
Proof. unfold dot. rewrite <- sum_below_plus. apply sum_below_ext. intros. ring. Qed.

Lemma dot_scale d c u v : dot d u (fun i => c * v i) = c * dot d u v.
Proof. unfold dot. rewrite <- sum_below_scale. apply sum_below_ext. intros. ring. Qed.

(* Completing the square in the first coordinate leaves the form of what elimination leaves. *)
Lemma form_step d A u : symmetric A -> A O O <> 0 ->
  form (S d) A u
  = times (S d) A u O * times (S d) A u O / A O O + form d (schur A) (fun i => u (S i)).
Proof.
  intros Hs Ha. unfold form, dot.
  rewrite (sum_below_ext d _ (fun i => u (S i) * times (S d) A u (S i)
    + (- (times (S d) A u O / A O O)) * (A O (S i) * u (S i)))).
  - rewrite sum_below_plus, sum_below_scale. cbn [sum_below].
    replace (sum_below d (fun i => A O (S i) * u (S i))) with (times (S d) A u O - A O O * u O)
      by (unfold times; cbn [sum_below]; ring).
    field. exact Ha.
  - intros i _. rewrite schur_step by exact Ha. rewrite (Hs (S i) O). field. exact Ha.
Qed.

Lemma form_nonneg d A u : symmetric A -> positive d A -> 0 <= form d A u.
Proof.
  revert A u; induction d as [|d IH]; intros A u Hs Hp; [unfold form, dot; simpl; lra|].
  destruct Hp as [Ha Hp]. rewrite form_step by (first [assumption | lra]).
  apply Rplus_le_le_0_compat; [|apply IH; [apply schur_symmetric; assumption|assumption]].
  apply Rmult_le_pos; [nra|]. left. apply Rinv_0_lt_compat. assumption.
Qed.

Lemma times_plus d A u v i : times d A (fun j => u j + v j) i = times d A u i + times d A v i.
Proof. unfold times. rewrite <- sum_below_plus. apply sum_below_ext. intros. ring. Qed.

Lemma times_scale d A c u i : times d A (fun j => c * u j) i = c * times d A u i.
Proof. unfold times. rewrite <- sum_below_scale. apply sum_below_ext. intros. ring. Qed.

(* [u^T A w = w^T A u] *)
Lemma form_symmetric d A u w : symmetric A -> dot d u (times d A w) = dot d w (times d A u).
Proof.
  intros Hs. unfold dot, times.
  rewrite (sum_below_ext d _ (fun i => sum_below d (fun j => u i * (A i j * w j))))
    by (intros; rewrite <- sum_below_scale; reflexivity).
  rewrite sum_below_swap. apply sum_below_ext. intros j _.
  rewrite <- sum_below_scale. apply sum_below_ext. intros i _. rewrite (Hs i j). ring.
Qed.

Theorem cauchy_schwarz d A u v : symmetric A -> positive d A ->
  dot d u v * dot d u v <= form d A u * square d A v.
Proof.
  intros Hs Hp. destruct (solvable d A v Hp) as [w Hw].
  rewrite (square_by_solution d A w v Hs Hp Hw).
  assert (Hv : forall x, dot d x v = dot d x (times d A w)).
  { intros x. apply sum_below_ext. intros i Hi. rewrite (Hw i Hi). reflexivity. }
  rewrite !Hv. change (dot d w (times d A w)) with (form d A w). set (b := dot d u (times d A w)).
  (* The form is not negative at [u - (b/|w|^2) w], or, if [|w| = 0], at any [u + t w]. *)
  assert (Hline : forall t, form d A (fun i => u i + t * w i)
    = form d A u + 2 * t * b + t * t * form d A w).
  { intros t. unfold form at 1.
    assert (Hsum : forall x, dot d x (times d A (fun i => u i + t * w i))
      = dot d x (times d A u) + t * dot d x (times d A w)).
    { intros x. rewrite <- dot_scale, <- dot_plus. apply sum_below_ext. intros i _.
      rewrite times_plus, times_scale. reflexivity. }
    rewrite Hsum, (dot_comm d _ (times d A u)), (dot_comm d _ (times d A w)), !dot_plus, !dot_scale.
    rewrite !(dot_comm d (times d A _)). fold (form d A u) (form d A w).
    rewrite (form_symmetric d A w u Hs). fold b. ring. }
  assert (Hu := form_nonneg d A u Hs Hp).
  destruct (form_nonneg d A w Hs Hp) as [Hpos|Hzero].
  - assert (H := form_nonneg d A (fun i => u i + - (b / form d A w) * w i) Hs Hp).
    rewrite Hline in H.
    apply (Rmult_le_compat_r (form d A w)) in H; [|lra].
    replace ((form d A u + 2 * - (b / form d A w) * b + - (b / form d A w) * - (b / form d A w) * form d A w)
      * form d A w) with (form d A u * form d A w - b * b) in H by (field; lra). lra.
  - destruct (Req_dec b 0) as [->|Hb]; [nra|exfalso].
    assert (H := form_nonneg d A (fun i => u i + - ((form d A u + 1) / (2 * b)) * w i) Hs Hp).
    rewrite Hline, <- Hzero in H.
    replace (form d A u + 2 * - ((form d A u + 1) / (2 * b)) * b
      + - ((form d A u + 1) / (2 * b)) * - ((form d A u + 1) / (2 * b)) * 0) with (-1) in H by (field; lra). lra.
Qed.
